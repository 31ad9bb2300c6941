"""The made-up year in a database: seeded once, found by the connectors, and judged by the job as it was made."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from automations.engine.job import ItemOutcome, JobContext
from automations.engine.parameters import check_parameters
from automations.jobs.invoice_matching import JOB
from connectors.database.migrate import migrate
from connectors.database.session import Database
from connectors.demo.seed import inbox_of, seed_demo
from connectors.demo.year.bills import Mistake
from connectors.demo.year.company_year import make_year
from connectors.demo.year.purchase_rows import is_copy
from connectors.demo.year.seeding import STEPS, invoices_in_inbox, seed_year
from connectors.demo.year.shape import SITES, YearShape
from connectors.demo.year.staff import make_staff
from connectors.registry import Connectors
from connectors.vendors.house_inventory import HouseInventory
from connectors.vendors.house_people import HousePeople
from connectors.vendors.house_purchasing import HousePurchasing

pytestmark = pytest.mark.integration

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SHAPE = YearShape(1, TODAY)
LOOK_ALIKE = "NEAR_AMOUNT_AND_DATE"
MATCHED, HELD, WAITING = "matched", "held", "waiting"


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    opened = Database(database_url)
    migrate(opened)
    seed_demo(opened, tmp_path, TODAY)
    told: list[str] = []
    assert seed_year(opened, inbox_of(tmp_path), SHAPE, told.append)
    assert told == list(STEPS)
    yield opened
    opened.close()


def test_a_year_is_made_up_once_and_found_by_the_connectors(database: Database, tmp_path: Path) -> None:
    assert not seed_year(database, inbox_of(tmp_path), YearShape(2, TODAY))
    year = make_year(SHAPE)
    inventory, people = HouseInventory(database), HousePeople(database)
    place = year.stock[0]
    key = (place.goods.sku, place.site)
    [level] = [each for each in inventory.list_stock(limit=1000) if each.key == key]
    assert (int(level.on_hand), int(level.reserved)) == (place.year.on_hand, place.year.reserved)
    assert len([rule for rule in inventory.list_rules(limit=1000) if rule.site in SITES]) >= len(year.stock)
    ids = [person.employee.id for person in make_staff(SHAPE)]
    assert people.employees(ids) == {person.employee.id: person.employee for person in make_staff(SHAPE)}
    assert people.punches(ids, datetime(2026, 11, 1, tzinfo=UTC), NOW)
    made = year.purchase_orders[5].order
    found = HousePurchasing(database).find_orders([made.number])[made.number]
    assert [(line.item, line.received) for line in found.lines] == [(line.item, line.received) for line in made.lines]


def test_the_job_finds_the_mistakes_that_were_made(database: Database) -> None:
    outcomes = judge(database)
    made_up = {(made.invoice.supplier, made.invoice.number): made for made in invoices_in_inbox(make_year(SHAPE))}
    assert set(made_up) <= set(outcomes)
    for key, made in made_up.items():
        outcome = outcomes[key]
        codes = {reason.code for reason in outcome.reasons}
        if made.mistake is Mistake.NONE:
            assert outcome.outcome in {MATCHED, WAITING, HELD}, (key, codes)
            if made.order.last_delivery is not None and all(
                line.accepted == line.quantity for line in made.order.order.lines
            ):
                # Amounts of one supplier can be alike by chance; that is a look, and no reproach.
                assert codes <= {LOOK_ALIKE}, key
                assert outcome.outcome == (HELD if codes else MATCHED), key
        elif is_copy(made) or made.mistake not in {Mistake.TWICE, Mistake.NO_REFERENCE}:
            assert outcome.outcome == HELD, (key, made.mistake, codes)


def judge(database: Database) -> dict[tuple[str, str], ItemOutcome]:
    work = JOB.start(JobContext("run", True, check_parameters(JOB, {}), Connectors(database), lambda: NOW))
    outcomes = [outcome for outcome in work.decide(work.plan()) if "number" in outcome.detail]
    return {(outcome.detail["supplier"], outcome.detail["number"]): outcome for outcome in outcomes}
