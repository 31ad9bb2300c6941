"""Where we deliver, as `data/<language>/knowledge/delivery.md` says, and what postcodes look like there."""

import re

# By ISO 3166 code; postcodes in capitals, without spaces and dashes (Universal Postal Union, addressing sheets).
_POSTCODES = {
    "AT": r"\d{4}",
    "BE": r"\d{4}",
    "BG": r"\d{4}",
    "CY": r"\d{4}",
    "CZ": r"\d{5}",
    "DE": r"\d{5}",
    "DK": r"\d{4}",
    "EE": r"\d{5}",
    "ES": r"\d{5}",
    "FI": r"\d{5}",
    "FR": r"\d{5}",
    "GR": r"\d{5}",
    "HR": r"\d{5}",
    "HU": r"\d{4}",
    "IE": r"[A-Z]\d[\dW][A-Z\d]{4}",
    "IS": r"\d{3}",
    "IT": r"\d{5}",
    "LT": r"(?:LT)?\d{5}",
    "LU": r"L?\d{4}",
    "LV": r"(?:LV)?\d{4}",
    "MT": r"[A-Z]{3}\d{4}",
    "NL": r"\d{4}[A-Z]{2}",
    "NO": r"\d{4}",
    "PL": r"\d{5}",
    "PT": r"\d{7}",
    "RO": r"\d{6}",
    "SE": r"\d{5}",
    "SI": r"\d{4}",
    "SK": r"\d{5}",
}


def is_delivered_to(country: str) -> bool:
    return country in _POSTCODES


def is_postcode_of(country: str, postcode: str) -> bool:
    """Whether a postcode, spaced in any way, has the form of this country; of any other country we know no form."""
    pattern = _POSTCODES.get(country)
    return pattern is None or re.fullmatch(pattern, re.sub(r"[\s-]", "", postcode).upper()) is not None
