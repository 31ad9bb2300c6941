"""Which tokens prove who a customer is: those signed as agreed, in their time, and no others."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.services.signed_identity import SignedIdentities, SignedIdentityError, SignedPerson, parse_keys
from tests.fixtures.signed import EMMA, KEY_ID, KEYS, OLD_KEY_ID, OLD_SECRET, SECRET, encode, identity_of, sign

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECONDS = int(NOON.timestamp())
RIGHT = {**EMMA, "iat": SECONDS, "exp": SECONDS + 300}
HEADER = {"alg": "HS256", "typ": "JWT", "kid": KEY_ID}


def reader() -> SignedIdentities:
    return SignedIdentities(parse_keys(KEYS), lambda: NOON)


def code_of(token: str) -> str:
    with pytest.raises(SignedIdentityError) as refused:
        reader().read(token)
    return refused.value.code


def test_a_signed_token_says_who_the_customer_is() -> None:
    token = identity_of(EMMA, NOON, email=" Emma.Novak@Example.com ".strip(), locale="cs-CZ")
    assert reader().read(token) == SignedPerson("customer-7", "emma.novak@example.com", "Emma Novak", "cs-CZ")


def test_while_a_key_is_replaced_the_old_one_and_the_new_one_work() -> None:
    assert reader().read(sign(HEADER, RIGHT)).subject == "customer-7"
    assert reader().read(sign({**HEADER, "kid": OLD_KEY_ID}, RIGHT, OLD_SECRET)).subject == "customer-7"
    assert code_of(sign({**HEADER, "kid": OLD_KEY_ID}, RIGHT, SECRET)) == "identity_signature"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({**HEADER, "alg": "none"}, "identity_algorithm"),
        ({**HEADER, "alg": "None"}, "identity_algorithm"),
        ({**HEADER, "alg": "HS512"}, "identity_algorithm"),
        ({**HEADER, "alg": "RS256"}, "identity_algorithm"),
        ({**HEADER, "alg": ["HS256"]}, "identity_algorithm"),
        ({**HEADER, "crit": ["exp"]}, "identity_algorithm"),
        ({"kid": KEY_ID}, "identity_algorithm"),
        ({"alg": "HS256"}, "identity_unknown_key"),
        ({**HEADER, "kid": "2027-01"}, "identity_unknown_key"),
        ({**HEADER, "kid": ""}, "identity_unknown_key"),
        ({**HEADER, "kid": None}, "identity_unknown_key"),
        ({**HEADER, "kid": [KEY_ID]}, "identity_unknown_key"),
        ([HEADER], "identity_malformed"),
        ("HS256", "identity_malformed"),
    ],
)
def test_a_header_that_is_not_as_agreed_is_refused(header: Any, code: str) -> None:
    assert code_of(sign(header, RIGHT)) == code


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": SECONDS - 61}, "identity_expired"),
        ({"exp": SECONDS + 24 * 3600 + 61}, "identity_too_long"),
        ({"exp": 1e400}, "identity_malformed"),
        ({"exp": float("nan")}, "identity_malformed"),
        ({"exp": str(SECONDS + 300)}, "identity_malformed"),
        ({"exp": True}, "identity_malformed"),
        ({"exp": None}, "identity_malformed"),
        ({"iat": None}, "identity_malformed"),
        ({"iat": SECONDS + 61}, "identity_not_yet"),
        ({"nbf": SECONDS + 61}, "identity_not_yet"),
        ({"sub": ""}, "identity_malformed"),
        ({"sub": 7}, "identity_malformed"),
        ({"sub": "x" * 201}, "identity_malformed"),
        ({"sub": "\ud800"}, "identity_malformed"),
        ({"email": None}, "identity_malformed"),
        ({"email": "emma"}, "identity_malformed"),
        ({"email": "emma@example.com\nBcc: all@example.com"}, "identity_malformed"),
        ({"email": "a@b@c"}, "identity_malformed"),
    ],
)
def test_claims_that_are_not_as_agreed_are_refused(claims: dict[str, Any], code: str) -> None:
    assert code_of(sign(HEADER, {**RIGHT, **claims})) == code


@pytest.mark.parametrize(
    "claims",
    [{"exp": SECONDS - 59}, {"exp": SECONDS + 24 * 3600 + 60}, {"iat": SECONDS + 60}, {"iat": SECONDS - 3600.5}],
)
def test_clocks_may_differ_by_a_minute(claims: dict[str, Any]) -> None:
    assert reader().read(sign(HEADER, {**RIGHT, **claims})).subject == "customer-7"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Emma\nNovak", "Emma Novak"),
        ("  ", None),
        (7, None),
        (None, None),
        ("x" * 900, "x" * 200),
        ("علی\u200cرضا", "علی\u200cرضا"),
    ],
)
def test_a_name_is_one_line_or_none(name: Any, shown: str | None) -> None:
    assert reader().read(sign(HEADER, {**RIGHT, "name": name})).name == shown


def _changed_claims(token: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{encode(json.dumps({**RIGHT, 'email': 'liam.oconnor@example.com'}).encode())}.{signature}"


@pytest.mark.parametrize(
    "change",
    [
        _changed_claims,
        lambda token: token[:-2],
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token.rpartition(".")[0],
        lambda token: token + "=",
        lambda token: token + ".",
        lambda token: f" {token}",
        lambda token: token.replace(".", "\n.", 1),
        lambda token: f"{token}.{token}",
        lambda _token: "..",
        lambda _token: "",
        lambda _token: "a.b.c",
        lambda _token: "ž.ž.ž",
        lambda token: token + "x" * 5000,
        lambda _token: encode(b"[" * 3000) + ".e30.e30",
    ],
)
def test_a_token_that_was_changed_or_is_none_is_refused(change: Callable[[str], str]) -> None:
    assert code_of(change(sign(HEADER, RIGHT))) in {"identity_signature", "identity_malformed"}


def test_a_signature_with_the_key_of_nobody_is_refused() -> None:
    assert code_of(sign(HEADER, RIGHT, "some other secret of 32 characters")) == "identity_signature"
    assert code_of(sign(HEADER, RIGHT, "")) == "identity_signature"


def test_no_token_is_right_where_no_key_is_set() -> None:
    with pytest.raises(SignedIdentityError):
        SignedIdentities({}, lambda: NOON).read(sign({**HEADER, "kid": ""}, RIGHT, ""))
