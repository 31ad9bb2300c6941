"""A report as the answer to a request: a page of the console, a CSV file or a PDF."""

from typing import Any
from urllib.parse import urlencode

from fastapi.responses import StreamingResponse
from starlette.responses import Response

from bot.console.frame import Frame
from bot.reports.cells import told
from bot.reports.files import report_csv
from bot.reports.pdf import print_report
from bot.reports.report import Report

# More rows than that nobody reads on a page; the CSV file has all.
MOST_ROWS = 500


def report_page(
    frame: Frame, template: str, report: Report, query: dict[str, str], status: int = 200, **values: Any
) -> Response:
    """`query` is the filter as the address has it; templates extend console/report.html."""
    return frame.page(
        template,
        status,
        tab="reports",
        report=report,
        path=f"/console/reports/{report.key}",
        query=f"?{urlencode(query)}" if query else "",
        tell=lambda cell: told(cell, frame.formats),
        most_rows=MOST_ROWS,
        **values,
    )


def csv_answer(frame: Frame, report: Report, table_key: str) -> Response:
    """All tables, or the one of this key."""
    if not table_key:
        return StreamingResponse(report_csv(report), headers=_headers(report, "csv"), media_type=_CSV)
    table = report.table(table_key)
    if table is None:
        return frame.missing()
    headers = _headers(report, "csv", f"-{table_key}")
    return StreamingResponse(report_csv(report, [table]), headers=headers, media_type=_CSV)


def pdf_answer(frame: Frame, report: Report) -> Response:
    language = frame.pages.languages[frame.pages.language_of(frame.request)]
    content = print_report(report, language, frame.words.text, frame.formats)
    return Response(content, headers=_headers(report, "pdf"), media_type="application/pdf")


_CSV = "text/csv; charset=utf-8"


def _headers(report: Report, ending: str, part: str = "") -> dict[str, str]:
    name = f"{report.key}{part}-{report.made_at:%Y-%m-%d-%H%M}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
