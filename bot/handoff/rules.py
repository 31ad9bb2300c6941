"""When the assistant brings in a person by itself: rules as data, decided by a pure function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.understanding.data_files import read_yaml


@dataclass(frozen=True, slots=True)
class Amount:
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message of the customer: what it asked for, how it was said, and the response keys of the answer."""

    intents: frozenset[str]
    responses: frozenset[str] = frozenset()
    is_angry: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """`exchanges` since the assistant took the conversation, oldest first; the last one has just been answered.

    `amounts` are what proved orders cost and what the last message names. `is_confirming`: the assistant waits for the
    yes that completes a task.
    """

    exchanges: Sequence[Exchange]
    amounts: Sequence[Amount] = ()
    is_confirming: bool = False


@dataclass(frozen=True, slots=True)
class HandoffRule:
    """All that is named has to be so; see data/shared/handoff.yml."""

    reason: str
    intents: frozenset[str] = frozenset()
    amount_over: Mapping[str, Decimal] = field(default_factory=dict)
    angry_messages: int = 0
    failures: int = 0
    not_understood_in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class HandoffRules:
    rules: Sequence[HandoffRule]
    not_understood: frozenset[str]
    not_helped: frozenset[str]
    recent_messages: int


def read_rules(file: Path) -> HandoffRules:
    """The rules of a file.

    Raises:
        TypeError: a rule names something that is no condition.
    """
    data = read_yaml(file)
    return HandoffRules(
        rules=[_read_rule(rule) for rule in data["handoffs"]],
        not_understood=frozenset(data["not_understood"]),
        not_helped=frozenset(data["not_helped"]),
        recent_messages=data["recent_messages"],
    )


def decide(facts: Facts, rules: HandoffRules) -> str | None:
    """Why a person is brought in now, or None when the assistant goes on."""
    if facts.is_confirming or not facts.exchanges:
        return None
    return next((rule.reason for rule in rules.rules if _fits(rule, facts, rules)), None)


def _read_rule(data: Mapping[str, Any]) -> HandoffRule:
    limits = {currency: Decimal(limit) for currency, limit in data.get("amount_over", {}).items()}
    return HandoffRule(**{**data, "intents": frozenset(data.get("intents", ())), "amount_over": limits})


def _fits(rule: HandoffRule, facts: Facts, rules: HandoffRules) -> bool:
    recent = facts.exchanges[-rules.recent_messages :]
    failing = rules.not_understood | rules.not_helped
    return (
        (not rule.intents or any(rule.intents & one.intents for one in recent))
        and (not rule.amount_over or any(_is_over(amount, rule.amount_over) for amount in facts.amounts))
        and (not rule.angry_messages or (recent[-1].is_angry and _count_angry(recent) >= rule.angry_messages))
        and sum(bool(failing & one.responses) for one in recent) >= rule.failures
        and _last_in_a_row(facts.exchanges, rules.not_understood) >= rule.not_understood_in_a_row
    )


def _is_over(amount: Amount, limits: Mapping[str, Decimal]) -> bool:
    limit = limits.get(amount.currency)
    return limit is not None and amount.amount > limit


def _count_angry(exchanges: Sequence[Exchange]) -> int:
    return sum(one.is_angry for one in exchanges)


def _last_in_a_row(exchanges: Sequence[Exchange], responses: frozenset[str]) -> int:
    """How many of the last exchanges, without a gap, were answered with one of these."""
    count = 0
    for one in reversed(exchanges):
        if not responses & one.responses:
            return count
        count += 1
    return count
