"""Documents that customers open through a signed link; a wrong link and one whose time is over look the same."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from bot.channels.rate_limit import RateLimit
from bot.channels.web_api import choose_language
from bot.pages.rendering import Pages
from bot.services.invoice_copies import PDF, InvoicePrinter, file_name
from bot.services.invoice_links import PATH, InvoiceLinks, InvoiceReference
from bot.web_address import address_of
from connectors.contracts.sales_invoices import SalesInvoice
from connectors.database.audit import record_audit
from connectors.database.session import Database
from connectors.errors import ConnectorError, NotFound
from connectors.registry import Connectors

LOADS_PER_MINUTE = 30
LONGEST_TOKEN = 1000
# What stands in such a document is for one person: no copy is kept on the way, and no search engine shows it.
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}

router = APIRouter(include_in_schema=False)


@router.get(PATH + "{token}")
def send_invoice(request: Request, token: str) -> Response:
    limit: RateLimit = request.app.state.document_limit
    if not limit.allows(address_of(request)):
        seconds = str(limit.retry_after_seconds)
        refusal = {"code": "too_many_requests", "message": "Too many requests from this address."}
        raise HTTPException(429, refusal, headers={"Retry-After": seconds})
    links: InvoiceLinks = request.app.state.invoice_links
    reference = links.read(token) if len(token) <= LONGEST_TOKEN else None
    invoice = _find_invoice(request, reference) if reference else None
    if reference is None or invoice is None:
        return _answer_not_found(request)
    printer: InvoicePrinter = request.app.state.invoice_printer
    content = printer.print(invoice, reference.language)
    _record(request, invoice)
    disposition = f'attachment; filename="{file_name(invoice)}"'
    return Response(content, media_type=PDF, headers={**PRIVATE, "Content-Disposition": disposition})


def _find_invoice(request: Request, reference: InvoiceReference) -> SalesInvoice | None:
    connectors: Connectors = request.app.state.connectors
    try:
        invoices = connectors.sales_invoices().invoices_of(reference.order_number)
    except NotFound:
        return None
    except ConnectorError as error:
        refusal = {"code": "invoices_unavailable", "message": "Invoices cannot be read now. Please try again soon."}
        raise HTTPException(503, refusal, headers={"Retry-After": "60"}) from error
    return next((invoice for invoice in invoices if invoice.number == reference.invoice_number), None)


def _answer_not_found(request: Request) -> Response:
    pages: Pages = request.app.state.pages
    language = choose_language(request.app.state.texts, None, request.headers.get("Accept-Language", ""))
    return Response(
        pages.text(language, "document_not_found.html"),
        404,
        headers=PRIVATE | {"Vary": "Accept-Language"},
        media_type="text/html; charset=utf-8",
    )


def _record(request: Request, invoice: SalesInvoice) -> None:
    database: Database = request.app.state.database
    with database.write() as session:
        record_audit(session, "link", "invoice.load", "invoice", invoice.number, order=invoice.order_number)
