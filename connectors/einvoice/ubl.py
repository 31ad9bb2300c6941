"""Where UBL 2.1 (Invoice-2 and CreditNote-2) keeps the fields of EN 16931."""

from connectors.einvoice import terms
from connectors.einvoice.mapping import Syntax

INVOICE_ROOT = "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice"
CREDIT_NOTE_ROOT = "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote"

_SELLER = "cac:AccountingSupplierParty/cac:Party"
_BUYER = "cac:AccountingCustomerParty/cac:Party"
_TOTALS = "cac:LegalMonetaryTotal"
# A second total in the accounting currency (BT-111) is none of ours.
_IN_INVOICE_CURRENCY = "[not(@currencyID) or @currencyID = $currency]"
_VAT = "[normalize-space(cac:TaxScheme/cbc:ID) = 'VAT']"

UBL = Syntax(
    header={
        terms.NUMBER: ("cbc:ID",),
        terms.ISSUE_DATE: ("cbc:IssueDate",),
        terms.DUE_DATE: ("cbc:DueDate", "(cac:PaymentMeans/cbc:PaymentDueDate)[1]"),
        terms.TYPE_CODE: ("cbc:InvoiceTypeCode | cbc:CreditNoteTypeCode",),
        terms.CURRENCY: ("cbc:DocumentCurrencyCode",),
        terms.ORDER_REFERENCE: ("cac:OrderReference/cbc:ID",),
        terms.SELLER: (f"{_SELLER}/cac:PartyLegalEntity/cbc:RegistrationName", f"{_SELLER}/cac:PartyName[1]/cbc:Name"),
        terms.SELLER_TAX_ID: (f"{_SELLER}/cac:PartyTaxScheme{_VAT}/cbc:CompanyID",),
        terms.BUYER: (f"{_BUYER}/cac:PartyLegalEntity/cbc:RegistrationName", f"{_BUYER}/cac:PartyName[1]/cbc:Name"),
        terms.LINE_TOTAL: (f"{_TOTALS}/cbc:LineExtensionAmount",),
        terms.ALLOWANCE_TOTAL: (f"{_TOTALS}/cbc:AllowanceTotalAmount",),
        terms.CHARGE_TOTAL: (f"{_TOTALS}/cbc:ChargeTotalAmount",),
        terms.NET_TOTAL: (f"{_TOTALS}/cbc:TaxExclusiveAmount",),
        terms.TAX_TOTAL: (f"cac:TaxTotal/cbc:TaxAmount{_IN_INVOICE_CURRENCY}",),
        terms.GROSS_TOTAL: (f"{_TOTALS}/cbc:TaxInclusiveAmount",),
        terms.PREPAID: (f"{_TOTALS}/cbc:PrepaidAmount",),
        terms.ROUNDING: (f"{_TOTALS}/cbc:PayableRoundingAmount",),
        terms.PAYABLE: (f"{_TOTALS}/cbc:PayableAmount",),
    },
    line={
        terms.LINE_NUMBER: ("cbc:ID",),
        terms.QUANTITY: ("cbc:InvoicedQuantity | cbc:CreditedQuantity",),
        terms.LINE_NET: ("cbc:LineExtensionAmount",),
        terms.ORDER_LINE: ("cac:OrderLineReference/cbc:LineID",),
        terms.LINE_ORDER: ("cac:OrderLineReference/cac:OrderReference/cbc:ID",),
        terms.UNIT_PRICE: ("cac:Price/cbc:PriceAmount",),
        terms.PRICE_PER: ("cac:Price/cbc:BaseQuantity",),
        terms.DESCRIPTION: ("cac:Item/cbc:Name[1]", "cac:Item/cbc:Description[1]"),
        terms.ITEM: (
            "cac:Item/cac:BuyersItemIdentification/cbc:ID",
            "cac:Item/cac:SellersItemIdentification/cbc:ID",
            "cac:Item/cac:StandardItemIdentification/cbc:ID",
        ),
        terms.LINE_TAX_PERCENT: (f"cac:Item/cac:ClassifiedTaxCategory{_VAT}/cbc:Percent",),
    },
    charge={
        terms.IS_CHARGE: ("cbc:ChargeIndicator",),
        terms.CHARGE_AMOUNT: ("cbc:Amount",),
        terms.CHARGE_REASON: ("cbc:AllowanceChargeReason[1]",),
        terms.CHARGE_CODE: ("cbc:AllowanceChargeReasonCode",),
        terms.CHARGE_TAX_PERCENT: (f"cac:TaxCategory{_VAT}/cbc:Percent",),
    },
    tax={
        terms.TAXABLE: ("cbc:TaxableAmount",),
        terms.TAX: ("cbc:TaxAmount",),
        terms.TAX_CATEGORY: ("cac:TaxCategory/cbc:ID",),
        terms.TAX_PERCENT: ("cac:TaxCategory/cbc:Percent",),
    },
    lines="cac:InvoiceLine | cac:CreditNoteLine",
    charges="cac:AllowanceCharge",
    line_charges="cac:AllowanceCharge",
    taxes=f"cac:TaxTotal[cbc:TaxAmount{_IN_INVOICE_CURRENCY}]/cac:TaxSubtotal",
    texts="cbc:Note | cac:OrderReference/cbc:SalesOrderID",
    terms="cac:PaymentTerms/cbc:Note",
    attachments="//cbc:EmbeddedDocumentBinaryObject[normalize-space()]",
)
