"""The day until which a discount is given, as German invoices write it into the text of their payment terms.

XRechnung 3.0.2, BT-20: `#SKONTO#TAGE=14#PROZENT=2.00#`, one line for each step, counted from the issue date.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from connectors.contracts.documents import NO_TERMS, PaymentTerms

_DISCOUNT = re.compile(r"#SKONTO#TAGE=([0-9]{1,3})#PROZENT=([0-9]{1,2}\.[0-9]{2})#", re.ASCII)


def read_terms(issued_on: date | None, due_on: date | None, texts: Iterable[str]) -> PaymentTerms:
    """The terms of a document; of several discounts the largest. What is not written so is left to people."""
    steps = [match for text in texts for match in _DISCOUNT.finditer(text)] if issued_on is not None else []
    if issued_on is None or not steps:
        return NO_TERMS if due_on is None else PaymentTerms(due_on)
    days, percent = max(((int(step[1]), Decimal(step[2])) for step in steps), key=lambda step: step[1])
    if (date.max - issued_on).days < days:
        return PaymentTerms(due_on)
    return PaymentTerms(due_on, issued_on + timedelta(days=days), percent)
