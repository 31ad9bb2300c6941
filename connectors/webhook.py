"""Webhooks as the Standard Webhooks specification 1.0.0 describes them: three headers and signatures by HMAC-SHA256."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from connectors.http.answer import HttpAnswer
from connectors.http.exchange import Exchange, Timeouts
from connectors.http.reach import Allowed, Reach

SECRET_MARK = "whsec_"  # noqa: S105 - how every such secret begins
# The specification's limits for the random part.
MIN_KEY_BYTES, MAX_KEY_BYTES = 24, 64
NEW_KEY_BYTES = 32


CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 15.0


class WebhookSecretError(ValueError):
    """The text is no signing secret."""


def new_secret() -> str:
    return SECRET_MARK + base64.b64encode(secrets.token_bytes(NEW_KEY_BYTES)).decode()


def check_secret(written: str) -> str:
    """The secret, if it is one; raises WebhookSecretError."""
    _key_of(written)
    return written


def sign(signing_secrets: Sequence[str], message_id: str, moment: datetime, body: bytes) -> dict[str, str]:
    """The three headers. Each secret signs, so that the receiver can change over from an old one to a new one."""
    timestamp = str(int(moment.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = [hmac.digest(_key_of(secret), content, "sha256") for secret in signing_secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(signature).decode()}" for signature in signatures),
    }


def webhook_exchange(reach: Reach, answer_seconds: float = ANSWER_SECONDS) -> Exchange:
    """What webhooks are sent through, as far as the setting of the installation allows."""
    timeouts = Timeouts(CONNECT_SECONDS, answer_seconds, CONNECT_SECONDS + answer_seconds)
    return Exchange(Allowed(reach, setting="TWINOFFICE_ALERT_REACH"), timeouts)


def post_webhook(
    http: Exchange, url: str, signing_secrets: Sequence[str], message_id: str, body: bytes, moment: datetime
) -> HttpAnswer:
    """One try; raises Unavailable or Rejected as Exchange does."""
    headers = sign(signing_secrets, message_id, moment, body)
    headers["Content-Type"] = "application/json"
    return http.send(http.prepare("POST", url, body=body, headers=headers))


def _key_of(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_MARK), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WebhookSecretError from error
    if not secret.startswith(SECRET_MARK) or not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        raise WebhookSecretError
    return key
