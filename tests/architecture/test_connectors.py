"""Every connector keeps the rules of its tier, and docs/connectors.md says where each stands."""

import inspect
import re
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import pytest

from connectors.contracts.names import CONTRACTS
from connectors.registry import VENDORS
from connectors.vendor import Setting, SettingKind, Vendor
from tests.architecture.connector_bar import (
    DOCUMENT,
    ROOT,
    RULES,
    TIERS,
    Rule,
    broken_rules,
    is_served,
    keeps_secrets,
    state_table,
    tier_of,
)

STATE = re.compile(r"<!-- state: [^\n]* -->\n(.*?)\n?<!-- end of state -->", re.DOTALL)
RULE_LINE = re.compile(r"^\| ([a-z-]+) \| (bronze|silver|gold) \|", re.MULTILINE)
BRONZE = [rule for rule in RULES if rule.tier == "bronze"]
# Asking these again leaves everything as it is, so that they need no key.
HARMLESS_TO_REPEAT = {
    ("tickets", "close_ticket"),
    ("purchasing", "withdraw_request"),
    ("documents", "archive"),
    ("documents", "quarantine"),
    ("mailbox", "move"),
}
# Whoever calls these sees to it: a mail has its id, by which it is found again, and a queue that sends it once.
REPEATED_BY_NOBODY = {("mail", "send"), ("mailbox", "add")}


@pytest.mark.parametrize("rule", BRONZE, ids=lambda rule: str(rule.name))
@pytest.mark.parametrize("name", sorted(VENDORS))
def test_no_connector_is_below_bronze(name: str, rule: Rule) -> None:
    assert rule.holds(VENDORS[name]), f"{name} breaks {rule.name}: {(rule.holds.__doc__ or '').strip()}"


def test_the_document_names_every_rule_with_its_tier() -> None:
    assert RULE_LINE.findall(DOCUMENT.read_text()) == [(rule.name, rule.tier) for rule in RULES]


def test_the_document_says_where_every_connector_stands() -> None:
    found = STATE.search(DOCUMENT.read_text())
    assert found is not None
    assert found[1] == state_table(), f"docs/connectors.md must say:\n{state_table()}"


def test_a_tier_needs_all_rules_of_those_below() -> None:
    for vendor in VENDORS.values():
        broken = {rule.tier for rule in RULES if rule.name in broken_rules(vendor)}
        reached = TIERS[: TIERS.index(tier_of(vendor)) + 1] if tier_of(vendor) in TIERS else ()
        assert broken.isdisjoint(reached)


@pytest.mark.parametrize(
    ("setting", "is_kept"),
    [
        (Setting("password", SettingKind.SECRET), True),
        (Setting("password", SettingKind.TEXT), False),
        (Setting("client_secret", SettingKind.LONG_TEXT), False),
        (Setting("token", SettingKind.SECRET, "letmein"), False),
        (Setting("token_url", SettingKind.ADDRESS), True),
    ],
)
def test_a_secret_that_everybody_could_read_is_found(setting: Setting, is_kept: bool) -> None:
    assert keeps_secrets(Vendor("acme", ("orders",), lambda *_given: None, (setting,))) is is_kept


def test_a_method_that_is_missing_or_asks_for_something_else_is_found() -> None:
    catalogue = CONTRACTS["catalogue"].protocol
    assert is_served(catalogue, [{"list_products": (), "find_product": ("sku",)}])
    assert not is_served(catalogue, [{"list_products": ()}])
    assert not is_served(catalogue, [{"list_products": (), "find_product": ("number",)}])


@pytest.mark.parametrize("contract", sorted(CONTRACTS))
def test_what_is_said_to_read_is_a_method_of_its_contract(contract: str) -> None:
    offered = {name for name, _method in inspect.getmembers(CONTRACTS[contract].protocol, inspect.isfunction)}
    assert CONTRACTS[contract].reads - {"check", "preview"} <= offered


def test_every_write_of_every_contract_can_be_asked_for_again() -> None:
    open_ended = {
        (name, method)
        for name, contract in CONTRACTS.items()
        for method, function in inspect.getmembers(contract.protocol, inspect.isfunction)
        if not method.startswith("_") and method not in contract.reads and not has_key(function)
    }
    assert open_ended == HARMLESS_TO_REPEAT | REPEATED_BY_NOBODY


def has_key(method: Any) -> bool:
    """An idempotency key is one of its parameters, or a field of one."""
    if "idempotency_key" in inspect.signature(method).parameters:
        return True
    hints = [hint for name, hint in get_type_hints(method).items() if name != "return"]
    return any(is_dataclass(hint) and "idempotency_key" in {each.name for each in fields(hint)} for hint in hints)


def test_every_contract_has_a_suite_and_a_record_of_its_own() -> None:
    for name in CONTRACTS:
        assert (ROOT / "tests" / "contract" / f"test_{name}.py").exists()
