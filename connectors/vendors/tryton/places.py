"""Warehouses and the locations inside them: every move of stock begins and ends at a location."""

from collections.abc import Mapping

from connectors.vendors.tryton.session import Record, TrytonSession

_PARTS = ("input_location", "output_location", "storage_location", "picking_location", "lost_found_location")
_FIELDS = ("name", "code", "type", "parent", *_PARTS)


class Places:
    """The warehouses as they are now, by what they are called: their code, or their name where they have none."""

    def __init__(self, session: TrytonSession) -> None:
        records = {place["id"]: place for place in session.search("stock.location", [], _FIELDS)}
        self.sites: Mapping[str, int] = {
            place["code"] or place["name"]: number
            for number, place in sorted(records.items())
            if place["type"] == "warehouse"
        }
        names = {number: site for site, number in self.sites.items()}
        parts = {part: number for number in names for name in _PARTS if (part := records[number].get(name)) is not None}
        self._site_of = {number: _find_site(number, records, parts, names) for number in records}

    def site_of(self, location: int) -> str | None:
        """The site that a location belongs to; None for customers, suppliers and what is lost."""
        return self._site_of.get(location)


def _find_site(
    number: int, records: Mapping[int, Record], parts: Mapping[int, int], names: Mapping[int, str]
) -> str | None:
    """Up through the parents to a warehouse, or to a location that a warehouse calls its own."""
    seen: set[int] = set()
    at: int | None = number
    while at is not None and at not in seen:
        if at in names:
            return names[at]
        if at in parts:
            return names[parts[at]]
        seen.add(at)
        at = records[at]["parent"] if at in records else None
    return None
