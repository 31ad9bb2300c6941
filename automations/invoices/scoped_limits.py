"""Limits for suppliers, items and groups of goods as an admin writes them, one line each."""

from collections.abc import Iterator, Mapping, Sequence

from automations.rules.matching.policy import KINDS, MatchingPolicy
from automations.rules.matching.scopes import Scope

# Twice what a company of two hundred suppliers with a line each needs.
MOST_SCOPES = 400
NO_LIMIT = "none"
COMPANY = "company"
# A charge has its own two settings below.
_KINDS = tuple(kind for kind in KINDS if kind != "charge")
# What a setting is called in forms and lines, and what the rules call it.
SETTINGS: Mapping[str, str] = {
    **{f"{kind}_tolerance_percent": f"{kind}_tolerance_pct" for kind in _KINDS},
    **{f"{kind}_tolerance_absolute": f"{kind}_tolerance_abs" for kind in _KINDS},
    "planned_charge_tolerance_percent": "charge_tolerance_pct",
    "planned_charge_tolerance_absolute": "planned_charge_tolerance_abs",
    "unplanned_charge": "charge_tolerance_abs",
    "level": "level",
    "receipt_days": "receipt_days",
}
_SCOPES = {"supplier": "supplier", "item": "item", "group": "item_group"}


def read_scopes(text: str) -> list[Scope]:
    """The scopes of lines like `supplier=Acme s.r.o. | item=LAMP: price_tolerance_percent=2, level=2-way`.

    Raises:
        ValueError: a line cannot be read; it is named by its number.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > MOST_SCOPES:
        raise ValueError(f"there are {len(lines)} lines, and more than {MOST_SCOPES} are not read")
    scopes: list[Scope] = []
    for number, line in lines:
        try:
            scopes.append(_read_line(line))
        except ValueError as error:
            raise ValueError(f"line {number} ({line[:60]}): {error}") from None
    return scopes


def write_scopes(text: str) -> str:
    """The same lines written one way, as they are kept. Raises ValueError."""
    return "\n".join(_write(scope) for scope in read_scopes(text))


def _read_line(line: str) -> Scope:
    # A supplier's name may hold a colon; a setting holds none.
    place, colon, settings = line.rpartition(":")
    if not colon:
        raise ValueError("write who it is for, a colon, and the limits")
    where = dict(_read_place(place))
    return Scope(_read_settings(settings), **where)


def _read_place(text: str) -> Iterator[tuple[str, str]]:
    parts = [part.strip() for part in text.split("|")]
    if parts == [COMPANY]:
        return
    seen: set[str] = set()
    for part in parts:
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if name not in _SCOPES or not equals or not value:
            raise ValueError(f"{part[:40]!r} must be {COMPANY}, or one of {', '.join(_SCOPES)} with = and a name")
        if name in seen:
            raise ValueError(f"{name} stands there twice")
        seen.add(name)
        yield _SCOPES[name], value


def _read_settings(text: str) -> dict[str, object]:
    settings: dict[str, object] = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if name not in SETTINGS or not equals or not value:
            raise ValueError(
                f"{part.strip()[:40]!r} must be a limit, =, and its value; limits are {', '.join(SETTINGS)}"
            )
        settings[SETTINGS[name]] = None if value.lower() == NO_LIMIT else value
    MatchingPolicy.from_settings(settings)
    return settings


def _write(scope: Scope) -> str:
    names = {setting: name for name, setting in SETTINGS.items()}
    places: Sequence[str] = [
        f"{word}={value}" for word, field in _SCOPES.items() if (value := getattr(scope, field)) is not None
    ]
    settings = (f"{names[setting]}={NO_LIMIT if value is None else value}" for setting, value in scope.settings.items())
    return f"{' | '.join(places) or COMPANY}: {', '.join(settings)}"
