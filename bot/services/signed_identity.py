"""Who the shop says a customer is: tokens signed with HS256 (RFC 7515, RFC 7519), and nothing else of that standard."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from connectors.database.base import utc_now
from connectors.email_address import normalise_email

ALGORITHM = "HS256"
MAX_TOKEN_LENGTH = 4096
MAX_LIFE_SECONDS = 24 * 60 * 60
LEEWAY_SECONDS = 60
MAX_SUBJECT_LENGTH, MAX_NAME_LENGTH = 200, 200
JOINER = "\u200c"  # stands inside Persian names
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@\x00-\x1f\x7f]{1,255}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


class SignedIdentityError(Exception):
    """The token proves nothing; `code` says why, for the shop's developer."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class SignedPerson:
    """A customer whom the shop vouches for; `subject` is the shop's own id of them."""

    subject: str
    email: str
    name: str | None = None
    locale: str | None = None

    @property
    def key(self) -> str:
        """How the person is known among the channel identities: a hash, because any text can be an id."""
        return hashlib.sha256(self.subject.encode()).hexdigest()


class SignedIdentities:
    """Reads tokens. `keys` are secrets by key id; several at once while one replaces another."""

    def __init__(self, keys: Mapping[str, str], now: Callable[[], datetime] = utc_now) -> None:
        self._keys = keys
        self._now = now

    def read(self, token: str) -> SignedPerson:
        """The person of a token.

        Raises:
            SignedIdentityError: not signed with one of our keys, not valid now, or not as agreed.
        """
        parts = token.split(".") if len(token) <= MAX_TOKEN_LENGTH else []
        if len(parts) != 3:
            raise _malformed("A signed identity has three parts with a dot between them.")
        header = _read_object(parts[0])
        if header.get("alg") != ALGORITHM or "crit" in header:
            raise SignedIdentityError("identity_algorithm", f"A signed identity is signed with {ALGORITHM}.")
        key_id = header.get("kid")
        secret = self._keys.get(key_id) if isinstance(key_id, str) else None
        if secret is None:
            raise SignedIdentityError("identity_unknown_key", "No key has the id that stands in the header as kid.")
        signed = f"{parts[0]}.{parts[1]}".encode()
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
        if not hmac.compare_digest(expected, _decode(parts[2])):
            raise SignedIdentityError("identity_signature", "The signature does not fit the key and the claims.")
        claims = _read_object(parts[1])
        self._check_times(claims)
        return _read_person(claims)

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._now().timestamp()
        expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
        if expires <= now - LEEWAY_SECONDS:
            raise SignedIdentityError("identity_expired", "The identity has expired; sign a new one.")
        if max(issued, _seconds(claims, "nbf") if "nbf" in claims else issued) > now + LEEWAY_SECONDS:
            raise SignedIdentityError("identity_not_yet", "The identity is of the future; compare the clocks.")
        if expires > now + MAX_LIFE_SECONDS + LEEWAY_SECONDS:
            raise SignedIdentityError("identity_too_long", "An identity may be valid for 24 hours at most.")


def parse_keys(setting: str) -> Mapping[str, str]:
    """The keys of TWINOFFICE_IDENTITY_KEYS, `id:secret,id:secret`; their form was checked with the settings."""
    pairs = (entry.strip().partition(":") for entry in setting.split(",") if entry.strip())
    return {key_id: secret for key_id, _, secret in pairs}


def _read_person(claims: Mapping[str, Any]) -> SignedPerson:
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_LENGTH:
        raise _malformed("The claim sub is the customer's id in the shop, a text of 1 to 200 characters.")
    if not isinstance(email, str) or _EMAIL.fullmatch(email) is None:
        raise _malformed("The claim email is the customer's e-mail address.")
    name, locale = claims.get("name"), claims.get("locale")
    return SignedPerson(subject, normalise_email(email), _one_line(name), locale if isinstance(locale, str) else None)


def _one_line(name: Any) -> str | None:
    words = "".join(c if c.isprintable() or c == JOINER else " " for c in name).split() if isinstance(name, str) else ()
    return " ".join(words)[:MAX_NAME_LENGTH] or None


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _malformed(f"The claim {name} is a time in seconds since 1970.")
    return value


def _read_object(part: str) -> Mapping[str, Any]:
    try:
        found = json.loads(_decode(part), parse_constant=_refuse_constant)
        json.dumps(found, ensure_ascii=False).encode()  # half a character pair can be neither stored nor shown
    except (ValueError, RecursionError) as error:
        raise _malformed("Header and claims are JSON in UTF-8.") from error
    if not isinstance(found, dict):
        raise _malformed("Header and claims are JSON objects.")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN is smaller than no time and greater than none


def _decode(part: str) -> bytes:
    if _BASE64URL.fullmatch(part) is None:
        raise _malformed("The parts are base64url without padding.")
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error as error:
        raise _malformed("The parts are base64url without padding.") from error


def _malformed(sentence: str) -> SignedIdentityError:
    return SignedIdentityError("identity_malformed", sentence)
