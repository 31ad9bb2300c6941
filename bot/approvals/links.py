"""Links by mail with which an approver decides one question without logging in: signed, for a time, used once."""

import hashlib
import hmac
import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from connectors.database.base import new_id
from connectors.database.models.approvals import Approval, ApprovalLink
from connectors.database.models.people import User

PATH = "/approve/"
_TOKEN = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})", re.ASCII)


class ApprovalLinks:
    """Makes tokens of the form `<id of the link>.<its HMAC>` and finds what they stand for."""

    def __init__(self, secret_key: str, base_url: str) -> None:
        # A key of its own, so that no other signature of ours can stand for one of these.
        self._key = hmac.new(secret_key.encode(), b"approval links", hashlib.sha256).digest()
        self._base_url = base_url

    def make(self, approval: Approval, user: User, now: datetime) -> ApprovalLink:
        """A link that is to be sent; it ends when the question's deadline does."""
        link_id = new_id()
        return ApprovalLink(
            id=link_id,
            token_hash=_hash(self.token(link_id)),
            approval_id=approval.id,
            user_id=user.id,
            expires_at=approval.deadline,
            send_after=now,
        )

    def token(self, link_id: str) -> str:
        return f"{link_id}.{hmac.new(self._key, link_id.encode(), hashlib.sha256).hexdigest()}"

    def url(self, link_id: str) -> str:
        return f"{self._base_url}{PATH}{self.token(link_id)}"

    @property
    def console_url(self) -> str:
        return f"{self._base_url}/console/approvals"

    def find(self, session: Session, token: str, now: datetime, *, to_use: bool = False) -> ApprovalLink | None:
        """The live link of a token; None for one that is forged, used, over, or whose person has left.

        With `to_use` the row is locked, so that of two who press at once one finds it used.
        """
        parts = _TOKEN.fullmatch(token)
        if parts is None or not hmac.compare_digest(self.token(parts[1]), token):
            return None
        query = select(ApprovalLink).where(ApprovalLink.token_hash == _hash(token))
        if to_use:
            query = query.with_for_update(of=ApprovalLink)
        link = session.scalar(query.options(joinedload(ApprovalLink.user)))
        if link is None or link.used_at is not None or link.expires_at <= now or not link.user.is_active:
            return None
        return link


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
