"""What a vendor is: the contracts it serves, the settings an admin fills in, and how a connector is made from them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from connectors.database.session import Database
from connectors.http.reach import Allowed, Reach


class SettingKind(StrEnum):
    """How a setting is asked for and checked; only a secret is sealed at rest and never shown again.

    An ADDRESS is a URL of the web, a HOST the name of a machine. When one of these changes, or another setting that is
    a destination, secrets are asked for again: they were meant for the machine that was named before, and for the way
    to it that was chosen then (port, encryption, whom to trust).
    """

    TEXT = "text"
    SECRET = "secret"  # noqa: S105
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    ADDRESS = "address"
    HOST = "host"
    FOLDER = "folder"
    LONG_TEXT = "long_text"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a vendor's form. `minimum` and `maximum` are in `unit`.

    `choices` are the values of a CHOICE, or the fields that a MAPPING fills; the value of a MAPPING is a mapping from
    such a field to what the system calls it, and it leaves out what is not mapped. `is_long` is a secret of several
    lines, such as a private key. Label and help are texts of the pages: `console.vendor.<vendor>.<name>` and `…_help`;
    a choice may have words as well: `console.vendor.<vendor>.<name>.<choice>`.
    """

    name: str
    kind: SettingKind
    default: Any = None
    is_required: bool = True
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    unit: str = ""
    is_destination: bool = False
    is_long: bool = False

    @property
    def leads_somewhere(self) -> bool:
        """Whether this setting says which machine is called, or how safe the way to it is."""
        return self.is_destination or self.kind in (SettingKind.ADDRESS, SettingKind.HOST)


@dataclass(frozen=True, slots=True)
class Setup:
    """What a connector is made from: `settings` with their secrets opened, defaults filled in.

    `connection` is empty while a draft is tried. `reach` says which private networks it may call (pass it on to
    HttpClient), `data_dir` is where it may keep files of its own.
    """

    connection: str
    database: Database
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    reach: Reach | Allowed = Reach.PUBLIC
    data_dir: Path = Path("var")


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as the other system has it, what the mapping makes of it, and why it makes nothing, if it does not."""

    source: Mapping[str, Any]
    mapped: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A system that can be connected. `make` takes the contract that is wanted; what it makes also has `check()`, and
    `close()` where it holds something open.

    Where the vendor has a MAPPING, it has `preview(limit: int) -> Sequence[PreviewRow]` as well: real rows, also while
    the mapping is empty or wrong.
    """

    name: str
    contracts: tuple[str, ...]
    make: Callable[[str, Setup], Any] = field(repr=False)
    settings: tuple[Setting, ...] = ()
