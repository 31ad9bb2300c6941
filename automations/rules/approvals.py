"""The rules of consent: when it is asked for, who may give it, and what happens when nobody does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ConsentLimits:
    """Amounts by currency: below the first nobody is asked, from the second on two people are."""

    automatic_below: Mapping[str, Decimal] = field(default_factory=dict)
    two_people_from: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the group that is asked. `limits` are amounts by currency up to which they may consent, the
    limit included; without any they may consent to everything, else to no other currency."""

    name: str
    is_active: bool = True
    limits: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delegation:
    """`giver` lets `receiver` decide in her place from `starts` until just before `ends`. It is not passed on."""

    giver: str
    receiver: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be decided. `makers` brought it about; `heard` have decided already, or somebody did for them."""

    amount: Decimal | None
    currency: str | None
    makers: frozenset[str]
    heard: frozenset[str] = frozenset()
    is_open: bool = True
    is_complete: bool = True
    """Whether the run has decided everything that this question covers."""


@dataclass(frozen=True, slots=True)
class Authority:
    """The right to decide: one's own, or that of the member who delegated it."""

    on_behalf_of: str


class Refusal(StrEnum):
    """Why somebody may not decide; the reason nearest to being allowed comes last."""

    CLOSED = "closed"
    INACTIVE = "inactive"
    OWN_WORK = "own_work"
    NOT_A_MEMBER = "not_a_member"
    NOT_COMPLETE = "not_complete"
    OVER_LIMIT = "over_limit"
    ALREADY_HEARD = "already_heard"


class AtDeadline(StrEnum):
    """What becomes of an undecided question."""

    WAIT = "wait"
    ESCALATE = "escalate"
    EXPIRE = "expire"


def people_needed(amount: Decimal | None, currency: str | None, limits: ConsentLimits) -> int:
    """How many different people have to consent: 0, 1 or 2.

    A credit counts like a charge of the same size. An amount that nobody knows lies above every limit.
    """
    if amount is None or currency is None:
        return 2 if limits.two_people_from else 1
    size = abs(amount)
    automatic, two = limits.automatic_below.get(currency), limits.two_people_from.get(currency)
    if automatic is not None and size < automatic:
        return 0
    return 2 if two is not None and size >= two else 1


def find_authority(
    actor: Member, question: Question, members: Sequence[Member], delegations: Sequence[Delegation], now: datetime
) -> Authority | Refusal:
    """By what right the actor may decide, or why not.

    Nobody decides on own work, neither for themselves nor for others, and nobody else does it in a maker's place.
    Two who have to consent are two people with two rights: a delegate and who delegated count as one.
    """
    barred = _bar(actor, question)
    if barred is not None:
        return barred
    lent = {each.giver for each in delegations if each.receiver == actor.name and each.starts <= now < each.ends}
    own_first = sorted(members, key=lambda member: member.name != actor.name)
    rights = [member for member in own_first if member.name == actor.name or member.name in lent]
    refusals = [_refusal_of(right, question) for right in rights]
    for right, refusal in zip(rights, refusals, strict=True):
        if refusal is None:
            return Authority(right.name)
    order = list(Refusal)
    return max((refusal for refusal in refusals if refusal), key=order.index, default=Refusal.NOT_A_MEMBER)


def at_deadline(now: datetime, deadline: datetime, *, can_escalate: bool) -> AtDeadline:
    """At the deadline itself it is too late."""
    if now < deadline:
        return AtDeadline.WAIT
    return AtDeadline.ESCALATE if can_escalate else AtDeadline.EXPIRE


def _bar(actor: Member, question: Question) -> Refusal | None:
    """What keeps this person from deciding by whatever right."""
    if not question.is_open:
        return Refusal.CLOSED
    if not actor.is_active:
        return Refusal.INACTIVE
    if actor.name in question.makers:
        return Refusal.OWN_WORK
    if actor.name in question.heard:
        return Refusal.ALREADY_HEARD
    return None if question.is_complete else Refusal.NOT_COMPLETE


def _refusal_of(member: Member, question: Question) -> Refusal | None:
    """Why this member's right does not reach."""
    if not member.is_active:
        return Refusal.INACTIVE
    if member.name in question.makers:
        return Refusal.OWN_WORK
    if member.name in question.heard:
        return Refusal.ALREADY_HEARD
    return None if _is_within(question, member.limits) else Refusal.OVER_LIMIT


def _is_within(question: Question, limits: Mapping[str, Decimal]) -> bool:
    if not limits:
        return True
    limit = limits.get(question.currency or "")
    return question.amount is not None and limit is not None and abs(question.amount) <= limit
