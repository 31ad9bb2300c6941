"""Secrets at rest: sealed with a key that is made from TWINOFFICE_SECRET_KEY, readable across a change of it."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.database.models.alerts import AlertChannel
from connectors.database.models.channels import ChannelSetup
from connectors.database.models.mail import OutgoingMail
from connectors.database.models.work import Connection
from connectors.settings import Settings

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

PURPOSE = b"twinoffice secrets at rest 1"
KEY_ID_LENGTH = 8
# Every column that holds sealed text; `rotate` goes through them.
SEALED_COLUMNS = (AlertChannel.secrets, ChannelSetup.sealed, Connection.secrets, OutgoingMail.sealed)


class SecretUnreadableError(Exception):
    """A sealed text was sealed with a key that is not among ours; the text says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "A stored secret was sealed with another TWINOFFICE_SECRET_KEY. Put that key into "
            "TWINOFFICE_PREVIOUS_SECRET_KEYS, or enter the secret again."
        )


class Secrets:
    """Seals with the first key, opens with any. Sealed text is `<key id>.<Fernet token>`."""

    def __init__(self, current: str, previous: Sequence[str] = ()) -> None:
        self._keys = {_key_id(key): key for key in map(_derive, reversed([current, *previous]))}
        self._current = _key_id(_derive(current))

    def seal(self, text: str) -> str:
        return f"{self._current}.{_cipher(self._keys[self._current]).encrypt(text.encode()).decode()}"

    def open(self, sealed: str) -> str:
        """Raises SecretUnreadableError."""
        from cryptography.fernet import InvalidToken

        key_id, _, token = sealed.partition(".")
        key = self._keys.get(key_id)
        if key is None:
            raise SecretUnreadableError
        try:
            return _cipher(key).decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise SecretUnreadableError from error

    def is_current(self, sealed: str) -> bool:
        return sealed.startswith(f"{self._current}.")


def secrets_of(settings: Settings) -> Secrets:
    return Secrets(settings.secret, settings.previous_secrets)


def rotate(session: Session, secrets: Secrets) -> int:
    """Seal everything again that an earlier key sealed; returns how much. Raises SecretUnreadableError."""
    resealed = 0
    for column in SEALED_COLUMNS:
        for row in session.scalars(select(column.class_).where(column != "").with_for_update()):
            sealed = getattr(row, column.key)
            if not secrets.is_current(sealed):
                setattr(row, column.key, secrets.seal(secrets.open(sealed)))
                resealed += 1
    return resealed


def _derive(secret: str) -> bytes:
    """A key of its own for this purpose: what is signed with the secret key says nothing about it."""
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), PURPOSE, "sha256"))


def _key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:KEY_ID_LENGTH]


def _cipher(key: bytes) -> "Fernet":
    # Imported where a secret is used: most commands and all tests of other parts need none.
    from cryptography.fernet import Fernet

    return Fernet(key)
