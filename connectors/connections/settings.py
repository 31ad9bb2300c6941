"""Settings of a connection: what somebody typed in becomes values, and secrets are sealed and opened."""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from connectors.errors import AuthFailed, Rejected
from connectors.http.reach import check_url
from connectors.secrets import Secrets, SecretUnreadableError
from connectors.vendor import Setting, SettingKind, Vendor

LONGEST_TEXT, LONGEST_LONG_TEXT = 2_000, 20_000
YES, NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0", ""})
MAPPING_SEPARATOR = "="
_HOST = re.compile(r"[\w.-]{1,253}|[0-9A-Fa-f:.]{2,45}")


class SettingError(ValueError):
    """A setting cannot be what somebody typed in; `problem` names why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Checked:
    """Settings as they are kept: `open` may be read by admins, `secret` by nobody. `problems` by setting."""

    open: Mapping[str, Any]
    secret: Mapping[str, str] = field(repr=False)
    problems: Mapping[str, str]


def check_settings(
    vendor: Vendor, written: Mapping[str, Any], kept: Mapping[str, Any], *, is_new_address: bool = False
) -> Checked:
    """Check what was typed in; a secret that was left empty stays as it is in `kept`.

    With `is_new_address` it does not: what was meant for one system is not sent to another.
    """
    opened: dict[str, Any] = {}
    secret: dict[str, str] = {}
    problems: dict[str, str] = {}
    for setting in vendor.settings:
        try:
            value = read_value(setting, written.get(setting.name))
        except SettingError as error:
            problems[setting.name] = error.problem
            continue
        is_kept = value is None and setting.kind is SettingKind.SECRET and kept.get(setting.name)
        if is_kept and is_new_address:
            problems[setting.name] = "enter_again"
        elif is_kept:
            secret[setting.name] = kept[setting.name]
        elif value is None and setting.is_required and setting.default is None:
            problems[setting.name] = "required"
        elif value is not None:
            (secret if setting.kind is SettingKind.SECRET else opened)[setting.name] = value
    unknown = set(written) - {setting.name for setting in vendor.settings}
    return Checked(opened, secret, problems | dict.fromkeys(sorted(unknown), "unknown"))


def read_value(setting: Setting, written: Any) -> Any:
    """The value that somebody meant, None where nothing was said. Raises SettingError."""
    if setting.kind is SettingKind.MAPPING:
        return _read_mapping(setting, written)
    text = "" if written is None else str(written)
    # A browser ends lines in its own way.
    text = text.replace("\r\n", "\n") if setting.kind is SettingKind.SECRET else text.strip().replace("\r\n", "\n")
    if not text:
        return None
    if len(text) > (LONGEST_LONG_TEXT if setting.kind in _LONG else LONGEST_TEXT):
        raise SettingError("too_long")
    read = _READERS.get(setting.kind)
    return text if read is None else read(setting, text)


def _read_number(setting: Setting, text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise SettingError("number")
    number = int(text)
    is_low = setting.minimum is not None and number < setting.minimum
    if is_low or (setting.maximum is not None and number > setting.maximum):
        raise SettingError("range")
    return number


def _read_switch(_setting: Setting, text: str) -> bool:
    if text.lower() not in YES | NO:
        raise SettingError("switch")
    return text.lower() in YES


def _read_choice(setting: Setting, text: str) -> str:
    if text not in setting.choices:
        raise SettingError("choice")
    return text


def _read_address(_setting: Setting, text: str) -> str:
    try:
        check_url(text)
    except Rejected as error:
        raise SettingError("address") from error
    return text


def _read_host(_setting: Setting, text: str) -> str:
    if not _HOST.fullmatch(text):
        raise SettingError("host")
    return text


def _read_folder(_setting: Setting, text: str) -> str:
    """An absolute path: what a relative one means would depend on where a process was started."""
    if not PurePath(text).is_absolute():
        raise SettingError("folder")
    return text


def _read_mapping(setting: Setting, written: Any) -> Mapping[str, str] | None:
    """From a mapping, from JSON, or from lines `field = name over there`."""
    if isinstance(written, str) and len(written) > LONGEST_LONG_TEXT:
        raise SettingError("too_long")
    pairs = written if isinstance(written, Mapping) else _read_pairs(str(written or ""))
    mapping = {str(name).strip(): str(source).strip() for name, source in pairs.items() if str(source).strip()}
    if setting.choices and set(mapping) - set(setting.choices):
        raise SettingError("mapping_field")
    return mapping or None


def _read_pairs(text: str) -> Mapping[str, Any]:
    if text.lstrip().startswith("{"):
        try:
            read: Mapping[str, Any] = json.loads(text)
        except ValueError as error:
            raise SettingError("mapping") from error
        return read
    pairs: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, separator, source = line.partition(MAPPING_SEPARATOR)
        if not separator or name.strip() in pairs:
            raise SettingError("mapping")
        pairs[name.strip()] = source
    return pairs


_LONG = frozenset({SettingKind.LONG_TEXT, SettingKind.SECRET})
_READERS: Mapping[SettingKind, Callable[[Setting, str], Any]] = {
    SettingKind.NUMBER: _read_number,
    SettingKind.SWITCH: _read_switch,
    SettingKind.CHOICE: _read_choice,
    SettingKind.ADDRESS: _read_address,
    SettingKind.HOST: _read_host,
    SettingKind.FOLDER: _read_folder,
}


def read_networks(text: str) -> tuple[str, ...]:
    """Networks such as 10.1.0.0/16, separated by commas or white space. Raises SettingError."""
    try:
        return tuple(
            str(ipaddress.ip_network(part, strict=False)) for part in text.replace(",", " ").replace(";", " ").split()
        )
    except ValueError as error:
        raise SettingError("networks") from error


def seal_settings(secrets: Secrets, values: Mapping[str, str]) -> str:
    return secrets.seal(json.dumps(dict(values), ensure_ascii=False)) if values else ""


def open_secrets(secrets: Secrets | None, sealed: str) -> dict[str, str]:
    """Raises AuthFailed: they were sealed with a key that we do not have."""
    if not sealed:
        return {}
    if secrets is None:
        raise AuthFailed("The secrets of the connection cannot be opened here: this program was given no key.")
    try:
        opened: dict[str, str] = json.loads(secrets.open(sealed))
    except SecretUnreadableError as error:
        raise AuthFailed(str(error)) from error
    return opened


def with_defaults(vendor: Vendor, values: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {setting.name: setting.default for setting in vendor.settings if setting.default is not None}
    return defaults | dict(values)
