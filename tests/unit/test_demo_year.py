"""The made-up year of the demonstration company fits together, and is the same whenever it is made."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contracts.documents import Invoice
from connectors.contracts.orders import OrderState
from connectors.demo.year.bills import MadeInvoice, Mistake
from connectors.demo.year.company_year import CompanyYear, make_year
from connectors.demo.year.customers import make_orders
from connectors.demo.year.goods import Habit, make_goods
from connectors.demo.year.invoice_file import write_invoice_file
from connectors.demo.year.purchase_rows import is_posted
from connectors.demo.year.seeding import invoices_in_inbox
from connectors.demo.year.shape import SITES, YearShape, draw_count
from connectors.demo.year.staff import make_punches, make_staff
from connectors.demo.year.warehouse import live_through, working_days_after
from connectors.einvoice.arithmetic import check_arithmetic
from connectors.einvoice.reader import read_invoice
from connectors.money import round_money

TODAY = date(2026, 11, 22)
SHAPE = YearShape(1, TODAY)


@pytest.fixture(scope="module")
def year() -> CompanyYear:
    return make_year(SHAPE)


def of_mistake(year: CompanyYear, mistake: Mistake) -> list[MadeInvoice]:
    return [made for made in year.invoices if made.mistake is mistake]


def test_the_same_seed_gives_the_same_year_and_another_another(year: CompanyYear) -> None:
    assert make_year(SHAPE) == year
    assert make_year(YearShape(1, TODAY, seed=7)) != year


@settings(max_examples=20, deadline=None)
@given(number=st.integers(0, 239), site=st.sampled_from(SITES), seed=st.integers(0, 10**6))
def test_what_came_and_was_not_sent_or_broken_is_what_lies_there(number: int, site: str, seed: int) -> None:
    shape = YearShape(2, TODAY, seed)
    lived = live_through(make_goods(shape)[number], site, shape)
    came = sum(delivery.accepted for order in lived.ordered for delivery in order.deliveries)
    sent = sum(line.quantity for line in lived.sold if line.shipped_on is not None)
    broken = sum(count for _day, count in lived.lost)
    assert lived.order_up_to + came - sent - broken == lived.on_hand >= 0
    for line in lived.sold:
        assert shape.first_day <= line.on <= TODAY
        assert line.shipped_on is None or line.on <= line.shipped_on <= TODAY
    for order in lived.ordered:
        assert sum(delivery.quantity for delivery in order.deliveries) <= order.quantity


def test_every_habit_is_there_and_shows_in_what_was_sold(year: CompanyYear) -> None:
    assert {goods.habit for goods in year.goods} == set(Habit)
    trending = [place for place in year.stock if place.goods.habit is Habit.TRENDING]
    middle = SHAPE.first_day + timedelta(days=182)
    early = sum(line.on < middle for place in trending for line in place.year.sold)
    late = sum(line.on >= middle for place in trending for line in place.year.sold)
    assert late > early * 1.2
    quiet = [place for place in year.stock if place.goods.habit is Habit.INTERMITTENT]
    weeks = [len({line.on.isocalendar()[:2] for line in place.year.sold}) for place in quiet]
    assert sum(weeks) / len(weeks) < 26


def test_orders_tell_what_became_of_their_lines(year: CompanyYear) -> None:
    sold = [(place.goods, line) for place in year.stock for line in place.year.sold]
    orders = list(make_orders(SHAPE, sold, year.arrivals()))
    assert sum(len(order.items) for order in orders) == len(sold)
    assert len({order.number for order in orders}) == len(orders)
    states = Counter(order.state for order in orders)
    assert states[OrderState.DELIVERED] > states[OrderState.SHIPPED] > 0
    assert states[OrderState.BACK_ORDER] == sum(order.shipment is None for order in orders) - states[OrderState.PICKING]
    for order in orders:
        assert order.total == sum(item.quantity * (item.unit_price or 0) for item in order.items)


def test_purchase_orders_bill_what_the_site_wanted(year: CompanyYear) -> None:
    ordered = sum(line.quantity for place in year.stock for line in place.year.ordered)
    assert sum(line.quantity for made in year.purchase_orders for line in made.order.lines) == ordered
    for made in year.purchase_orders:
        assert {line.item for line in made.order.lines} <= {goods.sku for goods in year.goods}
        assert all(line.accepted <= line.received <= line.quantity for line in made.order.lines)


def read_back(made: MadeInvoice) -> Invoice:
    return read_invoice(write_invoice_file(made), "year.xml")


def test_an_invoice_file_says_what_was_made_up(year: CompanyYear) -> None:
    for made in year.invoices[:60]:
        read = read_back(made)
        assert (read.number, read.supplier, read.currency) == (
            made.invoice.number,
            made.order.order.supplier,
            made.order.order.currency,
        )
        assert (read.gross_total, read.order_reference) == (made.invoice.gross_total, made.invoice.order_reference)
        assert [line.net for line in read.lines] == [line.net for line in made.invoice.lines]


def test_invoices_without_a_mistake_bill_their_order_and_add_up(year: CompanyYear) -> None:
    for made in of_mistake(year, Mistake.NONE):
        assert check_arithmetic(made.invoice) == check_arithmetic(read_back(made)) == ()
        for billed, ordered in zip(made.invoice.lines, made.order.order.lines, strict=True):
            assert (billed.quantity, billed.unit_price) == (ordered.quantity, ordered.unit_price)
            assert billed.net == round_money(ordered.quantity * ordered.unit_price)


def test_every_mistake_is_made_and_is_what_it_says() -> None:
    larger = make_year(YearShape(3, TODAY))
    assert {made.mistake for made in larger.invoices} == set(Mistake)
    for made in of_mistake(larger, Mistake.PRICE):
        assert made.invoice.lines[0].unit_price > made.order.order.lines[0].unit_price
    for made in of_mistake(larger, Mistake.QUANTITY):
        assert made.invoice.lines[0].quantity == made.order.order.lines[0].quantity + 1
    for made in of_mistake(larger, Mistake.NO_REFERENCE):
        assert made.invoice.order_reference is None
    for made in of_mistake(larger, Mistake.FREIGHT):
        assert made.invoice.charges
        assert not made.order.order.charges
    for made in of_mistake(larger, Mistake.ARITHMETIC):
        assert check_arithmetic(made.invoice)
    twice = Counter(made.order.order.number for made in of_mistake(larger, Mistake.TWICE))
    assert 2 in twice.values()


def test_only_old_delivered_invoices_are_posted_and_the_young_ones_lie_in_the_inbox(year: CompanyYear) -> None:
    waiting = invoices_in_inbox(year)
    assert waiting
    assert not any(is_posted(made, TODAY) for made in waiting)
    posted = [made for made in year.invoices if is_posted(made, TODAY)]
    assert len({made.order.order.number for made in posted}) == len(posted)
    assert all(made.order.last_delivery is not None for made in posted)


def test_staff_of_two_countries_makes_the_mistakes_that_payroll_has_to_find() -> None:
    people = list(make_staff(YearShape(20, TODAY)))
    assert {person.employee.country for person in people} == {"CZ", "US"}
    assert any(not person.contracts for person in people)
    assert any(person.employee.iban is None for person in people)
    assert any(len(person.contracts) > 1 for person in people)
    first, last = date(2026, 10, 1), date(2026, 10, 31)
    punches = [punch for person in people for punch in make_punches(SHAPE, person, first, last)]
    assert {punch.kind for punch in punches} == {"in", "out"}
    kinds = Counter((punch.employee, punch.at.date()) for punch in punches)
    assert any(count % 2 for count in kinds.values())
    assert sum(count == 4 for count in kinds.values()) > Decimal("0.95") * len(kinds)


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(0, 40))
def test_working_days_after_end_on_a_working_day_and_count_no_weekend(day: date, count: int) -> None:
    end = working_days_after(day, count)
    assert end.weekday() < 5
    passed = sum((day + timedelta(days=offset)).weekday() < 5 for offset in range(1, (end - day).days + 1))
    assert passed == count or (count == 0 and passed <= 1)


def test_counts_are_drawn_around_their_mean() -> None:
    random = SHAPE.chance("test")
    for mean in (0.2, 3.0, 80.0):
        drawn = [draw_count(random, mean) for _ in range(2000)]
        assert abs(sum(drawn) / len(drawn) - mean) < 5 * (mean / len(drawn)) ** 0.5


def test_a_scale_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="must be 1 or more"):
        YearShape(0, TODAY)
