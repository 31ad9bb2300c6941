"""Who may consent to what, how many have to, and what happens at the deadline."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.amounts import InvalidAmountsError, read_amounts, write_amounts
from automations.rules.approvals import (
    AtDeadline,
    Authority,
    ConsentLimits,
    Delegation,
    Member,
    Question,
    Refusal,
    at_deadline,
    find_authority,
    people_needed,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMITS = ConsentLimits({"EUR": Decimal(1000)}, {"EUR": Decimal(10000)})
ANNA, BEN, CARL = Member("anna"), Member("ben"), Member("carl")
QUESTION = Question(Decimal(500), "EUR", frozenset({"maker"}))


@pytest.mark.parametrize(
    ("amount", "currency", "people"),
    [
        ("999.99", "EUR", 0),
        ("1000", "EUR", 1),  # the limit itself asks
        ("9999.99", "EUR", 1),
        ("10000", "EUR", 2),
        ("-1000", "EUR", 1),  # a credit moves as much as a charge
        ("0", "EUR", 0),
        ("1", "CZK", 1),  # no limit is known for this currency
        (None, "EUR", 2),
        ("1", None, 2),
    ],
)
def test_how_many_people_an_amount_needs(amount: str | None, currency: str | None, people: int) -> None:
    assert people_needed(Decimal(amount) if amount else None, currency, LIMITS) == people


def test_without_a_limit_for_two_one_person_will_do_whatever_the_amount() -> None:
    assert people_needed(Decimal(10**9), "EUR", ConsentLimits()) == 1
    assert people_needed(None, None, ConsentLimits()) == 1


def _stands_in(giver: str, receiver: str, starts: datetime = NOW - HOUR, ends: datetime = NOW + HOUR) -> Delegation:
    return Delegation(giver, receiver, starts, ends)


@pytest.mark.parametrize(
    ("actor", "question", "members", "delegations", "expected"),
    [
        (ANNA, QUESTION, [ANNA, BEN], [], Authority("anna")),
        (CARL, QUESTION, [ANNA, BEN], [], Refusal.NOT_A_MEMBER),
        (Member("anna", is_active=False), QUESTION, [ANNA], [], Refusal.INACTIVE),
        (ANNA, Question(Decimal(1), "EUR", frozenset({"anna"})), [ANNA], [], Refusal.OWN_WORK),
        # The maker stands in for somebody else, and somebody else stands in for the maker: own work all the same.
        (ANNA, Question(Decimal(1), "EUR", frozenset({"anna"})), [BEN], [_stands_in("ben", "anna")], Refusal.OWN_WORK),
        (
            CARL,
            Question(Decimal(1), "EUR", frozenset({"anna"})),
            [ANNA],
            [_stands_in("anna", "carl")],
            Refusal.OWN_WORK,
        ),
        (CARL, QUESTION, [ANNA], [_stands_in("anna", "carl")], Authority("anna")),
        (CARL, QUESTION, [ANNA], [_stands_in("anna", "carl", ends=NOW)], Refusal.NOT_A_MEMBER),
        (CARL, QUESTION, [ANNA], [_stands_in("anna", "carl", starts=NOW)], Authority("anna")),
        (CARL, QUESTION, [ANNA], [_stands_in("anna", "carl", starts=NOW + HOUR)], Refusal.NOT_A_MEMBER),
        # Not passed on: Ben has it from Anna, Carl from Ben, who is no member.
        (CARL, QUESTION, [ANNA], [_stands_in("anna", "ben"), _stands_in("ben", "carl")], Refusal.NOT_A_MEMBER),
        # Who left the company lends nothing.
        (CARL, QUESTION, [Member("anna", is_active=False)], [_stands_in("anna", "carl")], Refusal.INACTIVE),
        (Member("anna"), QUESTION, [Member("anna", limits={"EUR": Decimal(500)})], [], Authority("anna")),
        (Member("anna"), QUESTION, [Member("anna", limits={"EUR": Decimal("499.99")})], [], Refusal.OVER_LIMIT),
        (Member("anna"), QUESTION, [Member("anna", limits={"CZK": Decimal(10**6)})], [], Refusal.OVER_LIMIT),
        # The limit is that of the right that is used, so Ben decides for Anna what he may not decide himself.
        (
            BEN,
            QUESTION,
            [ANNA, Member("ben", limits={"EUR": Decimal(1)})],
            [_stands_in("anna", "ben")],
            Authority("anna"),
        ),
        (
            ANNA,
            Question(None, None, frozenset()),
            [Member("anna", limits={"EUR": Decimal(10**9)})],
            [],
            Refusal.OVER_LIMIT,
        ),
        (ANNA, Question(Decimal(1), "EUR", frozenset(), frozenset({"anna"})), [ANNA], [], Refusal.ALREADY_HEARD),
        # Carl spoke for Anna; Anna is heard, and so is Carl.
        (
            ANNA,
            Question(Decimal(1), "EUR", frozenset(), frozenset({"carl", "anna"})),
            [ANNA],
            [],
            Refusal.ALREADY_HEARD,
        ),
        (ANNA, Question(Decimal(1), "EUR", frozenset(), is_open=False), [ANNA], [], Refusal.CLOSED),
        (ANNA, Question(Decimal(1), "EUR", frozenset(), is_complete=False), [ANNA], [], Refusal.NOT_COMPLETE),
    ],
)
def test_who_may_decide(
    actor: Member, question: Question, members: list[Member], delegations: list[Delegation], expected: object
) -> None:
    assert find_authority(actor, question, members, delegations, NOW) == expected


@pytest.mark.parametrize(
    ("passed", "can_escalate", "expected"),
    [
        (-timedelta(seconds=1), True, AtDeadline.WAIT),
        (timedelta(0), True, AtDeadline.ESCALATE),
        (timedelta(0), False, AtDeadline.EXPIRE),
        (-timedelta(days=9), False, AtDeadline.WAIT),  # a clock that jumped back gives more time, never less
    ],
)
def test_what_happens_at_the_deadline(passed: timedelta, can_escalate: bool, expected: AtDeadline) -> None:
    assert at_deadline(NOW + passed, NOW, can_escalate=can_escalate) is expected


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("", {}),
        ("EUR 1000, CZK 25000.50", {"EUR": "1000", "CZK": "25000.50"}),
        (" eur1000 ; huf 2000000 ", {"EUR": "1000", "HUF": "2000000"}),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, amounts: dict[str, str]) -> None:
    assert read_amounts(text) == {currency: Decimal(amount) for currency, amount in amounts.items()}


@pytest.mark.parametrize("text", ["1000", "EUR", "EUR -5", "EUR 1, EUR 2", "EURO 5", "EUR 1e9", "EUR 1.234", "EUR ١٠"])
def test_what_is_no_amount_is_named(text: str) -> None:
    with pytest.raises(InvalidAmountsError, match="write it like"):
        read_amounts(text)


PEOPLE = st.sampled_from(["anna", "ben", "carl", "dora"])
AMOUNTS = st.decimals(min_value=-(10**6), max_value=10**6, places=2)
MEMBERS = st.lists(
    st.builds(
        Member,
        PEOPLE,
        st.booleans(),
        st.dictionaries(st.sampled_from(["EUR", "CZK"]), AMOUNTS.map(abs), max_size=2),
    ),
    max_size=4,
    unique_by=lambda member: member.name,
)
DELEGATIONS = st.lists(
    st.builds(
        lambda giver, receiver, start, length: Delegation(
            giver, receiver, NOW + timedelta(hours=start), NOW + timedelta(hours=start + length)
        ),
        PEOPLE,
        PEOPLE,
        st.integers(-5, 5),
        st.integers(1, 5),
    ),
    max_size=4,
)
QUESTIONS = st.builds(
    Question,
    AMOUNTS | st.none(),
    st.sampled_from(["EUR", "CZK", "HUF", None]),
    st.frozensets(PEOPLE, max_size=2),
    st.frozensets(PEOPLE, max_size=2),
    is_open=st.booleans(),
    is_complete=st.booleans(),
)


@given(st.builds(Member, PEOPLE, st.booleans()), QUESTIONS, MEMBERS, DELEGATIONS)
def test_whoever_may_decide_had_no_part_in_it_and_uses_a_right_that_reaches(
    actor: Member, question: Question, members: list[Member], delegations: list[Delegation]
) -> None:
    authority = find_authority(actor, question, members, delegations, NOW)
    if isinstance(authority, Refusal):
        return
    used = next(member for member in members if member.name == authority.on_behalf_of)
    pair = {actor.name, used.name}
    assert question.is_open
    assert question.is_complete
    assert actor.is_active
    assert used.is_active
    assert not pair & (question.makers | question.heard)
    if used.limits:
        assert question.amount is not None
        assert question.currency is not None
        assert abs(question.amount) <= used.limits[question.currency]
    if actor.name != used.name:
        assert any(
            (one.giver, one.receiver) == (used.name, actor.name) and one.starts <= NOW < one.ends for one in delegations
        )


@given(QUESTIONS, MEMBERS, DELEGATIONS)
def test_a_delegation_never_takes_a_right_away(
    question: Question, members: list[Member], delegations: list[Delegation]
) -> None:
    for member in members:
        if isinstance(find_authority(member, question, members, [], NOW), Authority):
            assert isinstance(find_authority(member, question, members, delegations, NOW), Authority)


@given(AMOUNTS, AMOUNTS, AMOUNTS.map(abs), AMOUNTS.map(abs))
def test_a_larger_amount_never_needs_fewer_people(one: Decimal, other: Decimal, low: Decimal, high: Decimal) -> None:
    limits = ConsentLimits({"EUR": low}, {"EUR": high})
    smaller, larger = sorted((one, other), key=abs)
    assert people_needed(smaller, "EUR", limits) <= people_needed(larger, "EUR", limits)


@given(st.dictionaries(st.from_regex(r"[A-Z]{3}", fullmatch=True), AMOUNTS.map(abs), max_size=5))
def test_written_amounts_are_read_back(amounts: dict[str, Decimal]) -> None:
    assert read_amounts(write_amounts(amounts)) == amounts
