"""A connection as somebody typed it in, and what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.connections.info import ConnectionInfo
from connectors.connections.settings import SettingError, check_settings, read_networks
from connectors.vendor import Setting, Vendor

LONGEST_NAME = 100
# What the addresses of the console and of the API need for themselves; browsers resolve the dots.
RESERVED_NAMES = frozenset({"new", "try", "preview", "vendors", "choices", ".", ".."})
_NAME = re.compile(r"[^\s/\\\x00-\x1f\x7f](?:[^/\\\x00-\x1f\x7f]*[^\s/\\\x00-\x1f\x7f])?")


@dataclass(frozen=True, slots=True)
class ConnectionDraft:
    """`settings` are by name, as typed or as values; a secret that is left empty stays what it was.

    `networks` are private networks that may be called, separated by commas or white space. Settings named in `cleared`
    lose the secret that they had.
    """

    name: str
    vendor: str
    contracts: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    networks: str = ""
    is_read_only: bool = False
    cleared: frozenset[str] = frozenset()


class DraftError(ValueError):
    """The connection cannot be saved; `problems` names by field what is wrong, settings as `s.<name>`."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{name or 'connection'}: {problem}" for name, problem in problems.items()))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class CheckedDraft:
    """A connection that can be tried; `secrets` are opened ones.

    `needs_try` is False when nothing changed that could break it.
    """

    info: ConnectionInfo
    secrets: Mapping[str, str] = field(repr=False)
    needs_try: bool = True


def check_draft(
    draft: ConnectionDraft,
    vendors: Mapping[str, Vendor],
    saved: ConnectionInfo | None = None,
    saved_secrets: Mapping[str, str] | None = None,
) -> CheckedDraft:
    """What the draft means, beside the connection that it changes. Raises DraftError."""
    vendor = vendors.get(draft.vendor)
    if vendor is None:
        raise DraftError({"vendor": "vendor"})
    problems = {} if saved is not None else _name_problems(draft.name)
    if not draft.contracts or set(draft.contracts) - set(vendor.contracts):
        problems["contracts"] = "contracts"
    networks: tuple[str, ...] = ()
    try:
        networks = read_networks(draft.networks)
    except SettingError as error:
        problems["networks"] = error.problem
    kept = {name: value for name, value in (saved_secrets or {}).items() if name not in draft.cleared}
    checked = check_settings(vendor, draft.settings, kept, is_new_address=_leads_elsewhere(vendor, draft, saved))
    problems |= {f"s.{name}": problem for name, problem in checked.problems.items()}
    if problems:
        raise DraftError(problems)
    info = ConnectionInfo(
        draft.name,
        vendor.name,
        tuple(contract for contract in vendor.contracts if contract in draft.contracts),
        dict(checked.open),
        networks=networks,
        is_read_only=draft.is_read_only,
    )
    return CheckedDraft(info, dict(checked.secret), _needs_try(info, checked.secret, saved, saved_secrets or {}))


def _name_problems(name: str) -> dict[str, str]:
    is_name = len(name) <= LONGEST_NAME and _NAME.fullmatch(name) and name.lower() not in RESERVED_NAMES
    return {} if is_name else {"name": "name"}


def _leads_elsewhere(vendor: Vendor, draft: ConnectionDraft, saved: ConnectionInfo | None) -> bool:
    """Whether what was typed in points to another machine than before, or protects the way to it otherwise."""
    if saved is None:
        return False
    return any(
        _place(setting, draft.settings) != _place(setting, saved.settings)
        for setting in vendor.settings
        if setting.leads_somewhere
    )


def _place(setting: Setting, settings: Mapping[str, Any]) -> str:
    # A browser ends lines in its own way.
    return str(settings.get(setting.name) or setting.default or "").strip().replace("\r\n", "\n")


def _needs_try(
    info: ConnectionInfo,
    secrets: Mapping[str, str],
    saved: ConnectionInfo | None,
    saved_secrets: Mapping[str, str],
) -> bool:
    if saved is None or set(info.contracts) - set(saved.contracts):
        return True
    is_same = (info.settings, info.networks) == (dict(saved.settings), saved.networks)
    return not is_same or dict(secrets) != dict(saved_secrets)
