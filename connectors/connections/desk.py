"""What admins do with connections: try, add, change, pause, remove, and choose which one serves a contract."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import monotonic
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from connectors.connections.audited import facts_of
from connectors.connections.draft import CheckedDraft, ConnectionDraft, DraftError, check_draft
from connectors.connections.health import Try, record_try
from connectors.connections.info import ConnectionInfo, info_of
from connectors.connections.settings import open_secrets, seal_settings
from connectors.connections.stored import Workshop
from connectors.database.audit import record_audit
from connectors.database.models.mail import MailDocument
from connectors.database.models.work import Connection, ConnectionChoice, ConnectionStretch
from connectors.database.session import wait_in_line
from connectors.errors import AuthFailed, NotFound, Rejected
from connectors.mailbox_position import forget_positions
from connectors.secrets import Secrets
from connectors.vendor import PreviewRow, SettingKind

PREVIEW_ROWS = 5


class ConnectionChangedError(Exception):
    """Somebody else saved or removed this connection meanwhile."""


class ConnectionDesk:
    """Tries before it saves. Who does it is written into the audit log, settings without their secrets.

    Raises:
        DraftError: (whoever takes a draft) what was typed in cannot be right.
        ConnectorError: (whoever tries) the system said no, or nothing; nothing was saved.
    """

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def find(self, name: str) -> Connection | None:
        """The saved connection of this name, as it is now."""
        with self._workshop.database.read() as session:
            return session.scalar(select(Connection).where(Connection.name == name))

    def check(self, draft: ConnectionDraft) -> CheckedDraft:
        """What the draft means, beside the saved connection of its name if there is one."""
        saved = self.find(draft.name)
        info = info_of(saved) if saved is not None and saved.vendor == draft.vendor else None
        if info is None:
            return check_draft(draft, self._workshop.vendors)
        return check_draft(draft, self._workshop.vendors, info, self._open(info))

    def try_out(self, checked: CheckedDraft) -> str:
        """Try every contract of the connection, and say in one sentence what was found."""
        sentences = []
        for contract in checked.info.contracts:
            with self._workshop.lend(checked.info, contract, checked.secrets) as connector:
                sentences.append(connector.check())
        return " ".join(dict.fromkeys(sentences))

    def preview(self, checked: CheckedDraft, rows: int = PREVIEW_ROWS) -> Sequence[PreviewRow]:
        """Real rows of the other system, and what the mapping makes of them.

        Raises:
            Rejected: this vendor has no mapping.
        """
        if not has_mapping(self._workshop, checked.info.vendor):
            raise Rejected(f"The vendor {checked.info.vendor} has no mapping; there is nothing to preview.")
        found: list[PreviewRow] = []
        for contract in checked.info.contracts:
            with self._workshop.lend(checked.info, contract, checked.secrets) as connector:
                found.extend(list(connector.preview(rows))[:rows])
        return found

    def add(self, draft: ConnectionDraft, actor: str) -> str:
        """Try it and save it; returns what the trial found."""
        if self.find(draft.name) is not None:
            raise DraftError({"name": "taken"})
        checked = check_draft(draft, self._workshop.vendors)
        found = self._try(checked)
        row = Connection(name=draft.name, vendor=draft.vendor)
        _fill(row, checked, self._secrets)
        try:
            with self._workshop.database.write() as session:
                session.add(row)
                session.flush()
                record_try(session, row.id, found)
                facts = self._facts(row, checked.secrets)
                record_audit(session, actor, "connection.create", "connection", row.id, after=facts)
        except IntegrityError as error:
            raise DraftError({"name": "taken"}) from error
        return found.sentence

    def change(self, draft: ConnectionDraft, version: int | None, actor: str) -> str:
        """Save over the version that the admin saw (None: whichever there is); "" where nothing had to be tried.

        Name and vendor stay what they are. Raises ConnectionChangedError, NotFound.
        """
        saved = self._need(draft.name)
        before_secrets = self._open(info_of(saved))
        checked = check_draft(draft, self._workshop.vendors, info_of(saved), before_secrets)
        found = self._try(checked) if checked.needs_try else None
        with self._workshop.database.write() as session:
            row = session.get(Connection, saved.id, with_for_update=True)
            if row is None or row.version != (saved.version if version is None else version):
                raise ConnectionChangedError
            before = self._facts(row, before_secrets)
            _fill(row, checked, self._secrets)
            row.version += 1
            _drop_choices(session, row)
            if found is not None:
                record_try(session, row.id, found)
            renewed = ", ".join(name for name, value in checked.secrets.items() if before_secrets.get(name) != value)
            after = self._facts(row, checked.secrets)
            if renewed or after != before:
                record_audit(
                    session,
                    actor,
                    "connection.change",
                    "connection",
                    row.id,
                    before=before,
                    after=after,
                    name=row.name,
                    new_secrets=renewed or None,
                )
        return found.sentence if found else ""

    def pause(self, name: str, actor: str) -> None:
        """Serve nobody until it is resumed. Raises NotFound."""
        with self._workshop.database.write() as session:
            row = _locked(session, name)
            if not row.is_paused:
                row.is_paused = True
                row.version += 1
                record_audit(session, actor, "connection.pause", "connection", row.id, name=name)

    def resume(self, name: str, actor: str) -> str:
        """Serve again, after a trial that succeeded; returns what it found.

        Raises NotFound, AuthFailed: the secrets cannot be opened any more.
        """
        info = info_of(self._need(name))
        found = self._try(CheckedDraft(info, open_secrets(self._workshop.secrets, info.secrets)))
        with self._workshop.database.write() as session:
            row = _locked(session, name)
            record_try(session, row.id, found)
            if row.is_paused:
                row.is_paused = False
                row.version += 1
                record_audit(session, actor, "connection.resume", "connection", row.id, name=name)
        return found.sentence

    def remove(self, name: str, actor: str) -> None:
        """Forget the connection with its secrets and its history. Raises NotFound."""
        with self._workshop.database.write() as session:
            row = _locked(session, name)
            facts = self._facts(row, {})
            session.execute(delete(ConnectionChoice).where(ConnectionChoice.connection_id == row.id))
            session.execute(delete(ConnectionStretch).where(ConnectionStretch.connection_id == row.id))
            session.execute(delete(MailDocument).where(MailDocument.connection == name))
            forget_positions(session, name)
            session.delete(row)
            record_audit(session, actor, "connection.remove", "connection", row.id, before=facts)

    def choose(self, choices: Mapping[str, str], actor: str) -> None:
        """Let these connections, by contract, serve from now on, all or none.

        Raises NotFound: there is no such connection, or it does not offer the contract.
        """
        with self._workshop.database.write() as session:
            # Two who choose at once would both make the row of a contract.
            wait_in_line(session, "choices of connections")
            for contract, name in choices.items():
                _choose(session, contract, _locked(session, name), actor)

    def _try(self, checked: CheckedDraft) -> Try:
        began, at = monotonic(), self._workshop.now()
        sentence = self.try_out(checked)
        return Try(sentence, at, timedelta(seconds=monotonic() - began))

    def _facts(self, row: Connection, secrets: Mapping[str, str]) -> dict[str, Any]:
        return facts_of(row, secrets, self._workshop.vendors.get(row.vendor))

    @property
    def _secrets(self) -> Secrets:
        if self._workshop.secrets is None:
            raise Rejected("No key for secrets was given to this program; connections cannot be saved here.")
        return self._workshop.secrets

    def _open(self, info: ConnectionInfo) -> dict[str, str]:
        """What cannot be opened any more is asked for again."""
        try:
            return open_secrets(self._workshop.secrets, info.secrets)
        except AuthFailed:
            return {}

    def _need(self, name: str) -> Connection:
        found = self.find(name)
        if found is None:
            raise _missing(name)
        return found


def has_mapping(workshop: Workshop, vendor: str) -> bool:
    return any(setting.kind is SettingKind.MAPPING for setting in workshop.vendors[vendor].settings)


def _fill(row: Connection, checked: CheckedDraft, secrets: Secrets) -> None:
    info = checked.info
    row.contracts, row.settings = list(info.contracts), dict(info.settings)
    row.networks, row.is_read_only = list(info.networks), info.is_read_only
    row.secrets = seal_settings(secrets, checked.secrets)


def _choose(session: Session, contract: str, row: Connection, actor: str) -> None:
    if contract not in row.contracts:
        raise NotFound(f"The connection {row.name!r} does not serve {contract}.")
    choice = session.get(ConnectionChoice, contract)
    before = None if choice is None else session.get_one(Connection, choice.connection_id).name
    if before == row.name:
        return
    session.merge(ConnectionChoice(contract=contract, connection_id=row.id))
    record_audit(
        session,
        actor,
        "connection.choose",
        "connection",
        row.id,
        before={"connection": before},
        after={"connection": row.name},
        contract=contract,
    )


def _drop_choices(session: Session, row: Connection) -> None:
    """A contract that the connection does not serve any more is served by the oldest one again."""
    chosen = select(ConnectionChoice).where(ConnectionChoice.connection_id == row.id)
    for choice in session.scalars(chosen):
        if choice.contract not in row.contracts:
            session.delete(choice)


def _locked(session: Session, name: str) -> Connection:
    row = session.scalar(select(Connection).where(Connection.name == name).with_for_update())
    if row is None:
        raise _missing(name)
    return row


def _missing(name: str) -> NotFound:
    return NotFound(f"There is no connection {name!r}.")
