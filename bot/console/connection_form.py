"""The form of a connection: what it shows, and what somebody typed into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.connections.draft import ConnectionDraft
from connectors.connections.info import ConnectionInfo
from connectors.connections.settings import with_defaults
from connectors.vendor import Setting, SettingKind, Vendor

SETTING_PREFIX, CONTRACT_PREFIX, CLEAR_PREFIX = "s.", "contract.", "clear."


@dataclass(frozen=True, slots=True)
class FormField:
    """A setting as it stands in the form. `value` is never a secret; `is_set` says whether there is one.

    `pairs` are the fields of a mapping, each with what the system calls it.
    """

    setting: Setting
    value: str
    is_set: bool = False
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return f"{SETTING_PREFIX}{self.setting.name}"


def draft_in(form: Mapping[str, str], vendor: Vendor, name: str) -> ConnectionDraft:
    """What was typed in; it is checked by the desk."""
    return ConnectionDraft(
        name=name.strip(),
        vendor=vendor.name,
        contracts=tuple(field.removeprefix(CONTRACT_PREFIX) for field in form if field.startswith(CONTRACT_PREFIX)),
        settings={setting.name: _written(form, setting) for setting in vendor.settings},
        networks=form.get("networks", ""),
        is_read_only=form.get("is_read_only") == "true",
        cleared=frozenset(field.removeprefix(CLEAR_PREFIX) for field in form if field.startswith(CLEAR_PREFIX)),
    )


def draft_of(info: ConnectionInfo, vendor: Vendor) -> ConnectionDraft:
    """A saved connection as its form begins with; what was left out shows the default that counts."""
    settings = with_defaults(vendor, info.settings)
    return ConnectionDraft(
        info.name, info.vendor, info.contracts, settings, ", ".join(info.networks), info.is_read_only
    )


def new_draft(vendor: Vendor) -> ConnectionDraft:
    """An empty form with the vendor's defaults; what it is to be used for is chosen where there is a choice."""
    defaults = {setting.name: setting.default for setting in vendor.settings if setting.kind is not SettingKind.SECRET}
    contracts = vendor.contracts if len(vendor.contracts) == 1 else ()
    return ConnectionDraft("", vendor.name, contracts, defaults)


def form_fields(vendor: Vendor, draft: ConnectionDraft, secrets: frozenset[str]) -> tuple[FormField, ...]:
    """The settings in the vendor's order; `secrets` names those of which one is kept."""
    return tuple(_form_field(setting, draft.settings.get(setting.name), secrets) for setting in vendor.settings)


def _form_field(setting: Setting, value: Any, secrets: frozenset[str]) -> FormField:
    if setting.kind is SettingKind.SECRET:
        return FormField(setting, "", setting.name in secrets)
    if setting.kind is SettingKind.MAPPING:
        pairs = value if isinstance(value, Mapping) else {}
        written = "\n".join(f"{name} = {source}" for name, source in pairs.items()) if pairs else str(value or "")
        return FormField(setting, written, pairs=tuple((name, str(pairs.get(name) or "")) for name in setting.choices))
    if setting.kind is SettingKind.SWITCH:
        return FormField(setting, "true" if value in (True, "true") else "false")
    return FormField(setting, "" if value is None else str(value))


def _written(form: Mapping[str, str], setting: Setting) -> Any:
    name = f"{SETTING_PREFIX}{setting.name}"
    if setting.kind is SettingKind.MAPPING and setting.choices:
        return {choice: form.get(f"{name}.{choice}", "") for choice in setting.choices}
    return form.get(name, "")
