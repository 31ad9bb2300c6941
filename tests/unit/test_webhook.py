"""Webhooks are signed so that any library of Standard Webhooks accepts them, and go to allowed addresses only."""

import base64
import re
from datetime import UTC, datetime

import pytest

from connectors.errors import Rejected
from connectors.http.reach import Allowed, Reach, check_address, check_url
from connectors.webhook import WebhookSecretError, check_secret, new_secret, sign

# The example that the libraries of Standard Webhooks are tested with.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MOMENT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_that_of_the_specification() -> None:
    assert sign([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", MOMENT, BODY) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_while_a_secret_is_changed_both_sign() -> None:
    other = new_secret()
    headers = sign([other, SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", MOMENT, BODY)
    newest, older = headers["webhook-signature"].split(" ")
    assert older == SIGNATURE
    assert newest != older


def test_a_new_secret_is_random_and_long_enough() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert check_secret(first) == first
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", first)


@pytest.mark.parametrize("length", [23, 65])
def test_a_secret_of_a_wrong_length_is_none(length: int) -> None:
    with pytest.raises(WebhookSecretError):
        check_secret("whsec_" + base64.b64encode(b"x" * length).decode())


@pytest.mark.parametrize("written", ["", "whsec_", "whsec_ä", "hunter2", SECRET.removeprefix("whsec_"), "whsec_a b"])
def test_what_is_no_secret_is_refused(written: str) -> None:
    with pytest.raises(WebhookSecretError):
        check_secret(written)


PRIVATE = [
    "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "fd00::1", "fe80::1%eth0",
    "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:0a00:0001::1", "fec0::1", "64:ff9b:1::a00:1", "::ffff:0:10.0.0.1",
    "::127.0.0.1", "2001:db8::1", "3fff::1", "5f00::1", "2001:2::1", "100::1", "192.0.0.9", "198.18.0.1", "240.0.0.1",
    "4000::1",
]  # fmt: skip
LOOPBACK = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]
NEVER = ["0.0.0.0", "::", "224.0.0.1", "ff02::1"]  # noqa: S104 - nothing is bound


@pytest.mark.parametrize("address", [*PRIVATE, *LOOPBACK, *NEVER])
def test_private_addresses_are_refused_unless_allowed(address: str) -> None:
    with pytest.raises(Rejected, match="TWINOFFICE_ALERT_REACH"):
        check_address(address, Allowed(Reach.PUBLIC, setting="TWINOFFICE_ALERT_REACH"), is_encrypted=True)


@pytest.mark.parametrize("address", LOOPBACK)
def test_this_machine_is_reached_where_that_is_allowed(address: str) -> None:
    check_address(address, Allowed(Reach.LOOPBACK, setting="TWINOFFICE_ALERT_REACH"), is_encrypted=False)
    check_address(address, Allowed(Reach.PRIVATE, setting="TWINOFFICE_ALERT_REACH"), is_encrypted=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_networks_need_the_widest_setting(address: str) -> None:
    check_address(address, Allowed(Reach.PRIVATE, setting="TWINOFFICE_ALERT_REACH"), is_encrypted=False)
    with pytest.raises(Rejected):
        check_address(address, Allowed(Reach.LOOPBACK, setting="TWINOFFICE_ALERT_REACH"), is_encrypted=False)


@pytest.mark.parametrize("address", NEVER)
def test_what_is_no_single_machine_is_never_reached(address: str) -> None:
    with pytest.raises(Rejected):
        check_address(address, Allowed(Reach.PRIVATE, setting="TWINOFFICE_ALERT_REACH"), is_encrypted=True)


@pytest.mark.parametrize("reach", list(Reach))
@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:21f::1", "2a01:4f8::2", "64:ff9b::93.184.216.34"])
def test_public_addresses_are_reached_encrypted_only(reach: Reach, address: str) -> None:
    check_address(address, Allowed(reach, setting="TWINOFFICE_ALERT_REACH"), is_encrypted=True)
    with pytest.raises(Rejected, match="https://"):
        check_address(address, Allowed(reach, setting="TWINOFFICE_ALERT_REACH"), is_encrypted=False)


@pytest.mark.parametrize(
    "url",
    ["", "example.com", "ftp://example.com/", "https://", "https://user:pw@example.com/",
     "https://example.com:99999/", "file:///etc/passwd", "https://[::1", "https://exa mple.com/"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(Rejected):
        check_url(url)


def test_an_address_of_the_web_is_known_by_its_host() -> None:
    assert check_url("https://Hooks.Example.com:8443/a/secret?path=1") == "hooks.example.com"
