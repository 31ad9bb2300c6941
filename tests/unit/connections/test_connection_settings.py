"""What an admin types into the form of a connection becomes values, or a problem that has a name."""

import json
from typing import Any

import pytest

from connectors.connections.draft import ConnectionDraft, DraftError, check_draft
from connectors.connections.info import ConnectionInfo
from connectors.connections.settings import (
    SettingError,
    check_settings,
    open_secrets,
    read_networks,
    read_value,
    seal_settings,
)
from connectors.errors import AuthFailed
from connectors.registry import VENDORS
from connectors.secrets import Secrets
from connectors.vendor import Setting, SettingKind, Vendor

ERP = Vendor(
    "erp",
    ("orders", "catalogue"),
    lambda _contract, _setup: None,
    (
        Setting("url", SettingKind.ADDRESS),
        Setting("user", SettingKind.TEXT, "reader", is_required=False),
        Setting("password", SettingKind.SECRET),
        Setting("pages", SettingKind.NUMBER, 50, minimum=1, maximum=500),
    ),
)
GIVEN = {"url": "https://erp.example.com", "password": "hush", "pages": "20"}
SAVED = ConnectionInfo("live", "erp", ("orders",), {"url": "https://erp.example.com", "pages": 20})


def draft(**changes: Any) -> ConnectionDraft:
    fields: dict[str, Any] = {"name": "live", "vendor": "erp", "contracts": ("orders",), "settings": GIVEN}
    return ConnectionDraft(**{**fields, **changes})


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (SettingKind.TEXT, "  a b ", "a b"),
        (SettingKind.SECRET, " with blanks ", " with blanks "),
        (SettingKind.SECRET, "-----BEGIN\r\nkey\r\n", "-----BEGIN\nkey\n"),
        (SettingKind.NUMBER, "12", 12),
        (SettingKind.NUMBER, 12, 12),
        (SettingKind.SWITCH, "true", True),
        (SettingKind.SWITCH, False, False),
        (SettingKind.ADDRESS, "https://erp.example.com/api", "https://erp.example.com/api"),
        (SettingKind.HOST, "mail.example.com", "mail.example.com"),
        (SettingKind.HOST, "::1", "::1"),
        (SettingKind.FOLDER, "/srv/invoices", "/srv/invoices"),
        (SettingKind.MAPPING, "number = $.no\ntotal = sum", {"number": "$.no", "total": "sum"}),
        (SettingKind.MAPPING, '{"number": "no", "total": ""}', {"number": "no"}),
        (SettingKind.MAPPING, {"number": " no "}, {"number": "no"}),
        (SettingKind.TEXT, "   ", None),
        (SettingKind.NUMBER, None, None),
    ],
)
def test_what_is_typed_in_is_understood(kind: SettingKind, written: Any, value: Any) -> None:
    assert read_value(Setting("it", kind), written) == value


@pytest.mark.parametrize(
    ("setting", "written", "problem"),
    [
        (Setting("it", SettingKind.NUMBER), "1.5", "number"),
        (Setting("it", SettingKind.NUMBER), "٣", "number"),
        (Setting("it", SettingKind.NUMBER, minimum=1), "0", "range"),
        (Setting("it", SettingKind.NUMBER, maximum=9), "10", "range"),
        (Setting("it", SettingKind.SWITCH), "perhaps", "switch"),
        (Setting("it", SettingKind.CHOICE, choices=("a", "b")), "c", "choice"),
        (Setting("it", SettingKind.ADDRESS), "ftp://example.com", "address"),
        (Setting("it", SettingKind.ADDRESS), "https://user:word@example.com", "address"),
        (Setting("it", SettingKind.HOST), "mail.example.com/x", "host"),
        (Setting("it", SettingKind.FOLDER), "invoices", "folder"),
        (Setting("it", SettingKind.MAPPING), "number", "mapping"),
        (Setting("it", SettingKind.MAPPING), "a = b\na = c", "mapping"),
        (Setting("it", SettingKind.MAPPING), "{", "mapping"),
        (Setting("it", SettingKind.MAPPING), "[1]", "mapping"),
        (Setting("it", SettingKind.MAPPING, choices=("number",)), "total = sum", "mapping_field"),
        (Setting("it", SettingKind.TEXT), "x" * 2001, "too_long"),
        (Setting("it", SettingKind.SECRET), "x" * 20_001, "too_long"),
        (Setting("it", SettingKind.MAPPING), "a = " + "x" * 20_000, "too_long"),
    ],
)
def test_what_cannot_be_right_is_named(setting: Setting, written: str, problem: str) -> None:
    with pytest.raises(SettingError) as raised:
        read_value(setting, written)
    assert raised.value.problem == problem


def test_secrets_are_kept_apart_from_what_may_be_read() -> None:
    checked = check_settings(ERP, GIVEN, {})
    assert (checked.open, checked.secret) == ({"url": "https://erp.example.com", "pages": 20}, {"password": "hush"})
    assert "hush" not in repr(checked)


def test_a_secret_that_is_left_empty_stays_what_it_was() -> None:
    assert check_settings(ERP, {**GIVEN, "password": ""}, {"password": "old"}).secret == {"password": "old"}


def test_a_missing_or_unknown_setting_is_named() -> None:
    assert check_settings(ERP, {"pages": "1", "colour": "red"}, {}).problems == {
        "url": "required",
        "password": "required",
        "colour": "unknown",
    }


def test_a_secret_is_not_sent_to_another_machine_than_it_was_meant_for() -> None:
    elsewhere = {**GIVEN, "url": "https://collector.example.net", "password": ""}
    with pytest.raises(DraftError) as raised:
        check_draft(draft(settings=elsewhere), {"erp": ERP}, SAVED, {"password": "hush"})
    assert raised.value.problems == {"s.password": "enter_again"}
    again = check_draft(draft(settings={**elsewhere, "password": "new"}), {"erp": ERP}, SAVED, {"password": "hush"})
    assert again.secrets == {"password": "new"}


@pytest.mark.parametrize(
    ("vendor", "setting", "before", "after"),
    [
        ("rest", "authentication", "client_credentials", "basic"),
        ("rest", "certificate_authority", "", "-----BEGIN CERTIFICATE-----"),
        ("sftp", "port", 22, "2222"),
        ("sftp", "host_key", "SHA256:old", "SHA256:new"),
        ("imap", "port", 993, "143"),
        ("imap", "security", "tls", "none"),
        ("smtp", "port", 587, "25"),
        ("smtp", "security", "starttls", "none"),
        ("sql", "tls", "verified", "plain"),
        ("tryton", "database", "live", "other"),
    ],
)
def test_a_secret_is_not_sent_another_way_than_it_was_meant_for(
    vendor: str, setting: str, before: Any, after: Any
) -> None:
    known = VENDORS[vendor]
    secret = next(one.name for one in known.settings if one.kind is SettingKind.SECRET)
    info = ConnectionInfo("live", vendor, known.contracts, {setting: before})
    changed = ConnectionDraft("live", vendor, known.contracts, {setting: after})
    with pytest.raises(DraftError) as raised:
        check_draft(changed, VENDORS, info, {secret: "hush"})
    assert raised.value.problems[f"s.{secret}"] == "enter_again"


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"name": ""}, {"name": "name"}),
        ({"name": "a/b"}, {"name": "name"}),
        ({"name": " a"}, {"name": "name"}),
        ({"name": "new"}, {"name": "name"}),
        ({"name": "."}, {"name": "name"}),
        ({"name": ".."}, {"name": "name"}),
        ({"name": "x" * 101}, {"name": "name"}),
        ({"vendor": "sap"}, {"vendor": "vendor"}),
        ({"contracts": ()}, {"contracts": "contracts"}),
        ({"contracts": ("people",)}, {"contracts": "contracts"}),
        ({"networks": "10.1.0.0/16, office"}, {"networks": "networks"}),
    ],
)
def test_a_draft_that_cannot_be_right_says_where(changes: dict[str, Any], problems: dict[str, str]) -> None:
    with pytest.raises(DraftError) as raised:
        check_draft(draft(**changes), {"erp": ERP})
    assert raised.value.problems == problems


@pytest.mark.parametrize(
    ("changes", "needs_try"),
    [
        ({}, False),
        ({"is_read_only": True}, False),
        ({"contracts": ("orders", "catalogue")}, True),
        ({"settings": {**GIVEN, "pages": "30"}}, True),
        ({"settings": {**GIVEN, "password": "other"}}, True),
        ({"networks": "10.0.0.0/8"}, True),
    ],
)
def test_only_what_can_break_it_is_tried_again(changes: dict[str, Any], needs_try: bool) -> None:
    saved_secrets = {"password": "hush"}
    assert check_draft(draft(**changes), {"erp": ERP}, SAVED, saved_secrets).needs_try is needs_try


def test_networks_are_written_in_one_way() -> None:
    assert read_networks(" 10.1.2.3/16, fd00::/8 127.0.0.1") == ("10.1.0.0/16", "fd00::/8", "127.0.0.1/32")


def test_sealed_secrets_open_with_our_keys_alone() -> None:
    sealed = seal_settings(Secrets("k" * 32), {"password": "hush"})
    assert "hush" not in sealed
    assert open_secrets(Secrets("n" * 32, ["k" * 32]), sealed) == {"password": "hush"}
    for keys in (None, Secrets("x" * 32)):
        with pytest.raises(AuthFailed):
            open_secrets(keys, sealed)
    assert json.dumps(open_secrets(None, "")) == "{}"
