"""What is wrong with a set-up that somebody typed in, as a code by field; pages have a sentence for each code."""

from collections.abc import Mapping

from pydantic import ValidationError

CHANGED = "changed"
# Pydantic's own types of errors; those of our validators are codes already.
_CODES = {
    "string_too_long": "too_long",
    "string_too_short": "required",
    "missing": "required",
    "string_pattern_mismatch": "bad_form",
    "too_long": "too_many",
    "too_short": "required",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "int_parsing": "out_of_range",
    "int_from_float": "out_of_range",
    "literal_error": "unknown",
}
OURS = frozenset(
    {
        "needs_english",
        "needs_english_choices",
        "choices_differ",
        "choice_twice",
        "on_accent_alone",
        "contrast_too_low",
        "name_taken",
    }
)


def problems_of(error: ValidationError) -> Mapping[str, str]:
    """By field, of a nested one as `labels.cs`; a list's elements are told at the list."""
    found: dict[str, str] = {}
    for one in error.errors():
        names = [str(part) for part in one["loc"] if isinstance(part, str)]
        code = one["type"] if one["type"] in OURS else _CODES.get(one["type"], "invalid")
        found.setdefault(".".join(names), code)
    return found
