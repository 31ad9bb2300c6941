"""Reading the order number that a supplier wrote on a document."""

import re
import unicodedata

# What suppliers write into a mandatory field when they have nothing to write, in the languages we serve.
_PLACEHOLDERS = frozenset(
    {"N/A", "NA", "N.A.", "NONE", "NULL", "NIL", "NO PO", "UNKNOWN", "TBA", "TBD", "NINCS", "NENÍ", "ŽÁDNÁ", "НЕТ"}
)
# The words must end in a space or a mark: PO-1 and PO4711 are order numbers as they stand.
_PREFIX = re.compile(
    r"^(?:P\.?O\.?|PURCHASE ORDER|ORDER)(?: (?:NO|NR|NUMBER|REF|REFERENCE)\b)?\.?(?:\s*[:#]+\s*|\s+)(?=\S)"
)


def normalise_order_reference(text: str | None) -> str | None:
    """The reference in upper case with single spaces, or None where the text is a placeholder such as n/a or '-'."""
    reference = " ".join(unicodedata.normalize("NFKC", text or "").upper().split())
    if reference in _PLACEHOLDERS or not any(character.isalnum() for character in reference):
        return None
    return reference


def order_reference_candidates(text: str | None) -> tuple[str, ...]:
    """The order numbers that a reference can mean, to be looked up in this order: as written, then without "PO no."."""
    reference = normalise_order_reference(text)
    if reference is None:
        return ()
    bare = normalise_order_reference(_PREFIX.sub("", reference))
    return (reference,) if bare is None or bare == reference else (reference, bare)
