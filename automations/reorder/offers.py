"""Suppliers' terms with the day of arrival by their calendar; each lead time is counted once a run."""

from datetime import date

from automations.rules.calendars import is_known_country, working_days
from automations.rules.reorder.supplier_choice import Offer, is_sound
from automations.rules.reorder.supply import LeadTime
from connectors.contracts.inventory import SupplierTerms


class OfferMaker:
    """A supplier without a country of holidays works from Monday to Friday."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._counted: dict[tuple[int, str | None], tuple[LeadTime, date]] = {}

    def make(self, terms: SupplierTerms) -> Offer:
        days = terms.lead_time_days if is_sound(terms) else 0
        key = (days, terms.holiday_country)
        if key not in self._counted:
            country = terms.holiday_country
            known = country if country is not None and is_known_country(country) else None
            lead_time = LeadTime(days, working_days(known, {}, ()))
            self._counted[key] = (lead_time, lead_time.arrival(self._today))
        lead_time, arrives_on = self._counted[key]
        return Offer(terms, lead_time, arrives_on)
