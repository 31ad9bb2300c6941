"""What the audit log keeps of a connection: where it leads in plain, of its secrets only which of them are set."""

from collections.abc import Mapping
from typing import Any

from connectors.database.models.work import Connection
from connectors.vendor import SettingKind, Vendor


def facts_of(row: Connection, secrets: Mapping[str, str], vendor: Vendor | None) -> dict[str, Any]:
    """Destinations stand in a list of their own: by their names (`address`, `token_url`) they would be masked."""
    kinds = {setting.name: setting.kind for setting in vendor.settings if setting.leads_somewhere} if vendor else {}
    return {
        "name": row.name,
        "vendor": row.vendor,
        "contracts": list(row.contracts),
        "leads_to": [
            f"{name}: {_without_query(value) if kinds[name] is SettingKind.ADDRESS else value}"
            for name, value in sorted(row.settings.items())
            if name in kinds
        ],
        "settings": {name: value for name, value in row.settings.items() if name not in kinds},
        "secrets": sorted(secrets),
        "networks": list(row.networks),
        "is_read_only": row.is_read_only,
        "is_paused": row.is_paused,
    }


def _without_query(address: Any) -> str:
    return str(address).partition("?")[0]
