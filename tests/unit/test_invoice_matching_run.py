"""A whole run of invoice matching on systems in memory: several documents, hostile ones, dry runs and kills."""

from datetime import timedelta

import pytest

from automations.engine.job import ItemOutcome, Reason
from connectors.database.models.work import ItemState
from tests.unit.invoice_office import NOW, Office, codes, open_office, ubl, words


@pytest.fixture
def office() -> Office:
    return open_office()


def test_of_two_invoices_for_one_delivery_the_earlier_one_gets_it(office: Office) -> None:
    """50 + 20 billed, 60 received; the file names stand the other way round, and so do the batches."""
    office.source.add("a.xml", ubl("A-2", "20", day="2026-11-12"))
    office.source.add("b.xml", ubl("A-1", "50", day="2026-11-11"))
    office.source.add("c.xml", ubl("A-3", "4", day="2026-11-13"))
    first, second, third = office.run()
    assert (first.detail["file"], first.outcome) == ("b.xml", "matched")
    assert (second.detail["file"], codes(second)) == ("a.xml", {"QTY_OVER_RECEIVED"})
    assert (third.outcome, third.detail["lines"][0]["billed_before"]) == ("matched", "50")
    assert office.billed() == 54


def test_a_credit_note_makes_room_for_a_later_invoice(office: Office) -> None:
    """60 - 10 + 10 of 60 received; the credit note has the date of the first invoice and the first name."""
    office.source.add("a.xml", ubl("C-1", "10", credit=True))
    office.source.add("b.xml", ubl("A-1", "60"))
    office.source.add("c.xml", ubl("A-2", "10", day="2026-11-11"))
    assert words(office.run()) == {"b.xml": "matched", "a.xml": "matched", "c.xml": "matched"}
    assert office.billed() == 60


def test_the_same_number_written_otherwise_is_a_duplicate_in_the_same_run(office: Office) -> None:
    office.source.add("a.xml", ubl("2026/0017"))
    office.source.add("b.xml", ubl("2026-17", "20", day="2026-11-11"))
    _first, second = office.run()
    (reason,) = second.reasons
    assert (reason.code, reason.found, reason.where) == ("SAME_NUMBER", "2026-17", "2026/0017 (file a.xml)")


def test_a_duplicate_of_a_posted_document_names_it(office: Office) -> None:
    office.source.add("a.xml", ubl("A-1"))
    office.run()
    office.source.add("b.xml", ubl("A-01", "20", day="2026-11-11"))
    (outcome,) = office.run()
    assert [(reason.code, reason.where) for reason in outcome.reasons] == [("SAME_NUMBER", "A-1 (1)")]


def test_an_amount_within_one_percent_and_thirty_days_is_held_for_a_look(office: Office) -> None:
    office.source.add("a.xml", ubl("A-1", "10"))
    office.source.add("b.xml", ubl("B-7", "10.1", day="2026-12-10"))
    office.source.add("c.xml", ubl("C-9", "10.3", day="2026-12-10"))
    in_december = NOW + timedelta(days=30)
    first, near, far = office.run(now=in_december, near_duplicate_percent="1", near_duplicate_days=30)
    assert (first.outcome, far.outcome) == ("matched", "matched")
    (reason,) = near.reasons
    assert (reason.code, reason.found, reason.expected, reason.limit) == (
        "NEAR_AMOUNT_AND_DATE",
        "404.000",
        "400.00",
        "1",
    )
    assert words(office.run(now=in_december, near_duplicate_percent="")) == {"b.xml": "matched"}


def test_the_very_same_file_again_is_put_away_without_being_posted_again(office: Office) -> None:
    office.source.add("a.xml", ubl())
    office.source.add("copy of a.xml", ubl())
    assert words(office.run()) == {"a.xml": "matched", "copy of a.xml": "already-posted"}
    office.source.add("once more.xml", ubl())
    (again,) = office.run()
    assert (again.state, again.outcome) == (ItemState.SKIPPED, "already-posted")
    assert office.billed() == 10
    assert len(office.source.archived) == 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (b"%PDF-1.7 ...", "PDF_NOT_XML"),
        (ubl()[:-200], "TRUNCATED"),
        (b'<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + ubl("&x;"), "DTD_FORBIDDEN"),
        (b'<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY c "&a;&a;&a;&a;&a;&a;">]>' + ubl("&c;"), "DTD_FORBIDDEN"),
        (ubl("N" * 101), "BAD_VALUE"),
        (b"<order/>", "NOT_AN_INVOICE"),
    ],
)
def test_a_broken_or_hostile_file_is_quarantined_with_its_reason_and_stops_nothing(
    office: Office, content: bytes, code: str
) -> None:
    office.source.add("a bad one.xml", content)
    office.source.add("good.xml", ubl())
    outcomes = office.run()
    assert words(outcomes) == {"good.xml": "matched", "a bad one.xml": "refused"}
    refused = outcomes[1]
    assert (refused.state, codes(refused)) == (ItemState.EXCEPTION, {code})
    ((document, reason),) = office.source.quarantined
    assert document.name == "a bad one.xml"
    assert reason.startswith(f"{code}: ")


def test_a_dry_run_decides_the_same_and_changes_nothing(office: Office) -> None:
    office.source.add("a.xml", ubl("A-1", "50"))
    office.source.add("b.xml", ubl("A-2", "20", day="2026-11-11"))
    office.source.add("c.xml", b"")
    dry = office.run(dry_run=True)
    assert office.billed() == 0
    assert len(list(office.source.list_documents())) == 3
    assert dry == office.run()


def test_applying_the_same_outcomes_twice_changes_nothing_more(office: Office) -> None:
    office.source.add("a.xml", ubl())
    office.source.add("b.xml", b"")
    work = office.start()
    outcomes = work.decide(work.plan())
    work.apply(outcomes)
    office.start().apply(outcomes)
    assert office.billed() == 10
    assert (len(office.source.archived), len(office.source.quarantined)) == (1, 1)


@pytest.mark.parametrize("applied", [0, 1, 2])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(office: Office, applied: int) -> None:
    """Three invoices of 50, 20 and 4 against 60 received; the process dies after two, with some of them applied."""
    for name, quantity, day in (("a", "50", "10"), ("b", "20", "11"), ("c", "4", "12"), ("d", "50", "13")):
        office.source.add(f"{name}.xml", ubl("A-1" if name == "d" else name, quantity, day=f"2026-11-{day}"))
    undisturbed = office.run(dry_run=True)
    first = office.start()
    keys = first.plan()
    recorded = list(first.decide(keys[:2]))
    first.apply(recorded[:applied])
    second = office.start()
    second.recall(recorded)
    second.apply(recorded)
    rest = list(second.decide(keys[2:]))
    second.apply(rest)
    assert [*recorded, *rest][:3] == undisturbed[:3]
    assert (rest[1].outcome, codes(rest[1])) == (undisturbed[3].outcome, codes(undisturbed[3]))
    assert office.billed() == 54


def test_a_file_that_went_away_meanwhile_is_skipped(office: Office) -> None:
    (outcome,) = office.start().decide(["gone.xml#0123456789ab"])
    assert (outcome.state, outcome.outcome, outcome.title) == (ItemState.SKIPPED, "gone", "gone.xml")


def test_one_posting_that_is_rejected_does_not_keep_the_others_back(office: Office) -> None:
    office.source.add("a.xml", ubl("A-1", "10"))
    office.source.add("b.xml", ubl("A-2", "20", day="2026-11-11"))
    work = office.start()
    first, second = work.decide(work.plan())
    spoilt = dict(first.detail) | {"billed": [["9", "10", "400.00"]]}
    rejected = ItemOutcome(first.key, first.title, first.state, first.outcome, detail=spoilt, effect=first.effect)
    answers = work.apply([rejected, second])
    refused = {key: answer for key, answer in answers.items() if isinstance(answer, Reason)}
    assert list(refused) == [first.key]
    assert "no line '9'" in (refused[first.key].found or "")
    assert refused[first.key].owner == "accounts_payable"
    assert office.billed() == 20
