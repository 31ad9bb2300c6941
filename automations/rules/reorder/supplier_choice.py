"""From which supplier an item is ordered, and why not from the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from automations.rules.reorder.lots import LotRule
from automations.rules.reorder.supplier_price import PriceBreak, PriceList, Purchase, price_purchase
from automations.rules.reorder.supply import LeadTime
from connectors.contracts.inventory import SupplierTerms

LARGEST_FIGURE = 10**12
LONGEST_LEAD_DAYS = 1000


class Verdict(StrEnum):
    """Why a supplier was taken, or what spoke against it."""

    CHOSEN = "chosen"
    BLOCKED = "blocked"
    OTHER_CURRENCY = "other_currency"
    ARRIVES_TOO_LATE = "arrives_too_late"
    LESS_RELIABLE = "less_reliable"
    DEARER = "dearer"
    NOT_EARLIER = "not_earlier"


@dataclass(frozen=True, slots=True)
class Offer:
    """A supplier's terms with the day on which goods ordered today arrive."""

    terms: SupplierTerms
    lead_time: LeadTime
    arrives_on: date

    @property
    def lot(self) -> LotRule:
        size = self.terms.stock_units_per_purchase_unit
        return LotRule(self.terms.moq, self.terms.multiple, None if size == 1 else size)

    def price(self, need: Decimal) -> Purchase:
        """The purchase that covers the need, rounded up to what the supplier delivers."""
        terms = self.terms
        breaks = [PriceBreak(one.from_units, one.price) for one in terms.breaks]
        prices = PriceList(terms.list_price, breaks, terms.stock_units_per_purchase_unit)
        return price_purchase(need, prices, self.lot)


@dataclass(frozen=True, slots=True)
class OfferNote:
    """An offer as the explanation tells it; the purchase is what covering the need there would be."""

    offer: Offer
    purchase: Purchase | None
    verdict: Verdict


def is_sound(terms: SupplierTerms) -> bool:
    """Whether one can reckon with these terms at all."""
    above_zero = [terms.stock_units_per_purchase_unit, *([] if terms.multiple is None else [terms.multiple])]
    others = [terms.list_price, terms.moq, terms.reliability]
    others += [figure for one in terms.breaks for figure in (one.from_units, one.price)]
    return (
        all(figure.is_finite() for figure in (*above_zero, *others))
        and all(0 < figure <= LARGEST_FIGURE for figure in above_zero)
        and all(0 <= figure <= LARGEST_FIGURE for figure in others)
        and terms.reliability <= 1
        and 0 <= terms.lead_time_days <= LONGEST_LEAD_DAYS
    )


def pick_offer(offers: Sequence[Offer], need: Decimal, currency: str) -> Offer:
    """The best of offers that are not blocked, for this need.

    Offers in the currency of the books come first: others cannot be compared without a rate. Then counts what covering
    the need costs, minimum and packs included, divided by the share of orders that come in full and in time; then the
    earlier arrival, then the name.
    """
    if len(offers) == 1:
        return offers[0]
    return min(offers, key=lambda offer: _rank(offer, need, currency))


def judge_offers(
    offers: Sequence[Offer], chosen: Offer, need: Decimal, currency: str, latest: date
) -> Sequence[OfferNote]:
    """All offers with the reason that decided about each; `latest` is the last arrival that was allowed."""
    best = chosen.price(need)
    notes = [OfferNote(chosen, best, Verdict.CHOSEN)]
    for offer in offers:
        if offer is not chosen:
            purchase = None if offer.terms.is_blocked else offer.price(need)
            notes.append(OfferNote(offer, purchase, _verdict(offer, purchase, chosen, best, currency, latest)))
    return notes


def _rank(offer: Offer, need: Decimal, currency: str) -> tuple[bool, bool, Decimal, date, str]:
    terms = offer.terms
    amount = offer.price(need).amount
    never_comes = terms.reliability == 0
    cost = amount if never_comes else amount / terms.reliability
    return terms.currency != currency, never_comes, cost, offer.arrives_on, terms.supplier


def _verdict(
    offer: Offer, purchase: Purchase | None, chosen: Offer, best: Purchase, currency: str, latest: date
) -> Verdict:
    if purchase is None:
        return Verdict.BLOCKED
    if offer.terms.currency != currency and chosen.terms.currency == currency:
        return Verdict.OTHER_CURRENCY
    if offer.arrives_on > latest:
        return Verdict.ARRIVES_TOO_LATE
    if purchase.amount > best.amount:
        return Verdict.DEARER
    if offer.terms.reliability < chosen.terms.reliability:
        return Verdict.LESS_RELIABLE
    return Verdict.NOT_EARLIER
