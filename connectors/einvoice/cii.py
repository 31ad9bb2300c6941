"""Where UN/CEFACT CII D16B (Factur-X, ZUGFeRD 2, XRechnung) keeps the fields of EN 16931."""

from connectors.einvoice import terms
from connectors.einvoice.mapping import Syntax

ROOT = "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice"

_TRADE = "rsm:SupplyChainTradeTransaction"
_AGREEMENT = f"{_TRADE}/ram:ApplicableHeaderTradeAgreement"
_SETTLEMENT = f"{_TRADE}/ram:ApplicableHeaderTradeSettlement"
_TOTALS = f"{_SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_LINE_AGREEMENT = "ram:SpecifiedLineTradeAgreement"
_LINE_SETTLEMENT = "ram:SpecifiedLineTradeSettlement"
_NET_PRICE = f"{_LINE_AGREEMENT}/ram:NetPriceProductTradePrice"
_GROSS_PRICE = f"{_LINE_AGREEMENT}/ram:GrossPriceProductTradePrice"
# A second total in the accounting currency (BT-111) is none of ours.
_IN_INVOICE_CURRENCY = "[not(@currencyID) or @currencyID = $currency]"
# The EXTENDED profile adds lines that only group or inform; their amounts are no part of the totals.
_BILLED = "[not(ram:AssociatedDocumentLineDocument/ram:LineStatusReasonCode[. = 'GROUP' or . = 'INFORMATION'])]"

CII = Syntax(
    header={
        terms.NUMBER: ("rsm:ExchangedDocument/ram:ID",),
        terms.ISSUE_DATE: ("rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString",),
        terms.DUE_DATE: (f"({_SETTLEMENT}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString)[1]",),
        terms.PROFILE: ("(rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID)[1]",),
        terms.TYPE_CODE: ("rsm:ExchangedDocument/ram:TypeCode",),
        terms.CURRENCY: (f"{_SETTLEMENT}/ram:InvoiceCurrencyCode",),
        terms.ORDER_REFERENCE: (f"{_AGREEMENT}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",),
        terms.SELLER: (f"{_AGREEMENT}/ram:SellerTradeParty/ram:Name",),
        terms.SELLER_TAX_ID: (
            f"{_AGREEMENT}/ram:SellerTradeParty/ram:SpecifiedTaxRegistration/ram:ID[@schemeID = 'VA']",
        ),
        terms.BUYER: (f"{_AGREEMENT}/ram:BuyerTradeParty/ram:Name",),
        terms.LINE_TOTAL: (f"{_TOTALS}/ram:LineTotalAmount",),
        terms.ALLOWANCE_TOTAL: (f"{_TOTALS}/ram:AllowanceTotalAmount",),
        terms.CHARGE_TOTAL: (f"{_TOTALS}/ram:ChargeTotalAmount",),
        terms.NET_TOTAL: (f"{_TOTALS}/ram:TaxBasisTotalAmount",),
        terms.TAX_TOTAL: (f"{_TOTALS}/ram:TaxTotalAmount{_IN_INVOICE_CURRENCY}",),
        terms.GROSS_TOTAL: (f"{_TOTALS}/ram:GrandTotalAmount",),
        terms.PREPAID: (f"{_TOTALS}/ram:TotalPrepaidAmount",),
        terms.ROUNDING: (f"{_TOTALS}/ram:RoundingAmount",),
        terms.PAYABLE: (f"{_TOTALS}/ram:DuePayableAmount",),
    },
    line={
        terms.LINE_NUMBER: ("ram:AssociatedDocumentLineDocument/ram:LineID",),
        terms.QUANTITY: ("ram:SpecifiedLineTradeDelivery/ram:BilledQuantity",),
        terms.LINE_NET: (f"{_LINE_SETTLEMENT}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",),
        terms.ORDER_LINE: (f"{_LINE_AGREEMENT}/ram:BuyerOrderReferencedDocument/ram:LineID",),
        terms.LINE_ORDER: (f"{_LINE_AGREEMENT}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",),
        terms.UNIT_PRICE: (f"{_NET_PRICE}/ram:ChargeAmount",),
        terms.PRICE_PER: (f"{_NET_PRICE}/ram:BasisQuantity", f"{_GROSS_PRICE}/ram:BasisQuantity"),
        terms.DESCRIPTION: ("ram:SpecifiedTradeProduct/ram:Name[1]", "ram:SpecifiedTradeProduct/ram:Description[1]"),
        terms.ITEM: (
            "ram:SpecifiedTradeProduct/ram:BuyerAssignedID",
            "ram:SpecifiedTradeProduct/ram:SellerAssignedID",
            "ram:SpecifiedTradeProduct/ram:GlobalID",
        ),
        terms.LINE_TAX_PERCENT: (f"{_LINE_SETTLEMENT}/ram:ApplicableTradeTax/ram:RateApplicablePercent",),
    },
    charge={
        terms.IS_CHARGE: ("ram:ChargeIndicator/udt:Indicator",),
        terms.CHARGE_AMOUNT: ("ram:ActualAmount | ram:AppliedAmount",),
        terms.CHARGE_REASON: ("ram:Reason[1]", "ram:Description[1]"),
        terms.CHARGE_CODE: ("ram:ReasonCode",),
        terms.CHARGE_TAX_PERCENT: ("(ram:CategoryTradeTax | ram:AppliedTradeTax)/ram:RateApplicablePercent",),
    },
    tax={
        terms.TAXABLE: ("ram:BasisAmount",),
        terms.TAX: ("ram:CalculatedAmount",),
        terms.TAX_CATEGORY: ("ram:CategoryCode",),
        terms.TAX_PERCENT: ("ram:RateApplicablePercent",),
    },
    lines=f"{_TRADE}/ram:IncludedSupplyChainTradeLineItem{_BILLED}",
    charges=f"{_SETTLEMENT}/ram:SpecifiedTradeAllowanceCharge",
    freight_charges=f"{_SETTLEMENT}/ram:SpecifiedLogisticsServiceCharge",
    line_charges=f"{_LINE_SETTLEMENT}/ram:SpecifiedTradeAllowanceCharge",
    taxes=f"{_SETTLEMENT}/ram:ApplicableTradeTax",
    texts=(
        "rsm:ExchangedDocument/ram:IncludedNote/ram:Content | "
        f"{_AGREEMENT}/ram:SellerOrderReferencedDocument/ram:IssuerAssignedID"
    ),
    terms=f"{_SETTLEMENT}/ram:SpecifiedTradePaymentTerms/ram:Description",
    attachments="//ram:AttachmentBinaryObject[normalize-space()]",
)
