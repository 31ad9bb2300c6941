"""Whether a customer wants to hear from us without having asked; it concerns the contact, on every channel."""

from sqlalchemy.orm import Session

from connectors.database.audit import record_audit
from connectors.database.models.conversation import Contact


def switch_notices(session: Session, contact: Contact, *, is_wanted: bool) -> None:
    """Switch them on or off, and record who wanted it."""
    before, contact.accepts_notices = contact.accepts_notices, is_wanted
    record_audit(
        session,
        f"contact:{contact.id}",
        "notices.allow" if is_wanted else "notices.refuse",
        "contact",
        contact.id,
        before={"accepts_notices": before},
        after={"accepts_notices": is_wanted},
    )
