"""Any system with a REST interface: an admin declares where its lists are and what their fields are called."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from connectors.contracts.names import CATALOGUE, INVENTORY, ORDERS
from connectors.contracts.orders import OrderState
from connectors.database.base import utc_now
from connectors.errors import Rejected
from connectors.http.authentication import ApiKey, Basic, ClientCredentials, QueryKey
from connectors.http.client import Authenticate, HttpClient, Limits
from connectors.http.paging import PageKind, Paging
from connectors.json_path import parse_path
from connectors.vendor import Setting, SettingKind, Setup, Vendor
from connectors.vendors.rest_catalogue import RestCatalogue
from connectors.vendors.rest_inventory import InventoryLists, RestInventory
from connectors.vendors.rest_orders import CHANGED_AT, RestOrders
from connectors.vendors.rest_source import ITEM_PREFIX, ITEMS, RECORD, ROWS, RestList, RestMapping, RestSource

MakeClient = Callable[[str, Authenticate | None], HttpClient]
NONE, BASIC, BEARER, API_KEY, QUERY_KEY = "none", "basic", "bearer", "api_key", "query_key"
CLIENT_CREDENTIALS = "client_credentials"
_ORDER_FIELDS = (
    ROWS, RECORD, "number", "email", "customer_name", "ordered_on", "state", "total", "currency", "expected_on",
    CHANGED_AT, "shipment_carrier", "shipment_tracking_number", "shipment_shipped_on", "shipment_delivered_on",
    "address_street", "address_city", "address_postcode", "address_country", ITEMS,
    *(ITEM_PREFIX + field for field in ("sku", "name", "quantity", "unit_price")),
)  # fmt: skip
_PRODUCT_FIELDS = (
    ROWS, RECORD, "sku", "names", "names_en", "descriptions", "descriptions_en", "price", "currency", "stock",
    "category", "expected_on", "alternatives", "is_on_sale",
)  # fmt: skip
_STOCK_FIELDS = (ROWS, "item", "site", "uom", "on_hand", "reserved", "unit_cost", "currency")
_RULE_FIELDS = (
    ROWS, "item", "site", "policy", "figures", "figures_minimum", "figures_maximum", "figures_reorder_point",
    "figures_order_up_to", "figures_quantity", "forecast", "service_level", "horizon_days", "snoozed_until", "trigger",
)  # fmt: skip
_DEMAND_FIELDS = (ROWS, "item", "site", "on", "quantity", "kind")
_TERMS_FIELDS = (
    ROWS, "item", "supplier", "currency", "list_price", "moq", "multiple", "stock_units_per_purchase_unit",
    "purchase_uom", "lead_time_days", "holiday_country", "reliability", "is_blocked",
    ITEMS, *(ITEM_PREFIX + field for field in ("from_units", "price")),
)  # fmt: skip
_KIT_FIELDS = (ROWS, "kit", "component", "quantity")


def _text(name: str, default: str = "") -> Setting:
    return Setting(name, SettingKind.TEXT, default, is_required=False)


def _mapping(name: str, *fields: str) -> Setting:
    return Setting(name, SettingKind.MAPPING, is_required=False, choices=fields)


SETTINGS = (
    Setting("base_url", SettingKind.ADDRESS),
    Setting(
        "authentication",
        SettingKind.CHOICE,
        NONE,
        choices=(NONE, BASIC, BEARER, API_KEY, QUERY_KEY, CLIENT_CREDENTIALS),
        is_destination=True,
    ),
    _text("user"),
    Setting("secret", SettingKind.SECRET, is_required=False),
    _text("key_header", "X-API-Key"),
    _text("key_parameter", "api_key"),
    Setting("token_url", SettingKind.ADDRESS, is_required=False),
    _text("scope"),
    Setting("certificate_authority", SettingKind.LONG_TEXT, "", is_required=False, is_destination=True),
    Setting("requests_per_minute", SettingKind.NUMBER, is_required=False, minimum=1, maximum=60_000),
    Setting("paging", SettingKind.CHOICE, PageKind.NONE.value, choices=tuple(kind.value for kind in PageKind)),
    _text("page_parameter", "page"),
    Setting("first_page", SettingKind.NUMBER, 1, minimum=0, maximum=1),
    _text("size_parameter"),
    Setting("page_size", SettingKind.NUMBER, 100, minimum=1, maximum=10_000),
    _text("cursor_path"),
    _text("total_path"),
    _text("changed_parameter"),
    _text("orders_path"),
    _mapping("orders_mapping", *_ORDER_FIELDS),
    _mapping("order_states", *(state.value for state in OrderState)),
    _text("order_path"),
    _text("customer_orders_path"),
    _text("products_path"),
    _mapping("products_mapping", *_PRODUCT_FIELDS),
    _text("product_path"),
    _text("stock_path"),
    _mapping("stock_mapping", *_STOCK_FIELDS),
    _text("rules_path"),
    _mapping("rules_mapping", *_RULE_FIELDS),
    _text("demand_path"),
    _mapping("demand_mapping", *_DEMAND_FIELDS),
    _text("terms_path"),
    _mapping("terms_mapping", *_TERMS_FIELDS),
    _text("kits_path"),
    _mapping("kits_mapping", *_KIT_FIELDS),
)


def make(contract: str, setup: Setup) -> RestOrders | RestCatalogue | RestInventory:
    """Raises Rejected when the settings contradict each other or are no addresses, paths or PEM texts."""
    return connect(contract, setup, _client_maker(setup), utc_now)


def connect(
    contract: str, setup: Setup, make_client: MakeClient, now: Callable[[], datetime]
) -> RestOrders | RestCatalogue | RestInventory:
    """The connector that asks through such clients."""
    settings = setup.settings
    base = _base(settings)
    client = make_client(base, _authentication(settings, make_client, now))
    source = RestSource(client, urlsplit(base).hostname or "", _paging(settings))
    if contract == ORDERS:
        states = _words(settings.get("order_states") or {})
        return RestOrders(
            source,
            _list(settings, "orders", "number", words={"state": states}),
            now,
            _place(settings, "order_path"),
            _place(settings, "customer_orders_path"),
            _read(settings, "changed_parameter"),
        )
    if contract == CATALOGUE:
        return RestCatalogue(source, _list(settings, "products", "sku"), _place(settings, "product_path"))
    lists = InventoryLists(
        stock=_list(settings, "stock", "item", "site"),
        rules=_list(settings, "rules", "item", "site"),
        demand=_list(settings, "demand"),
        terms=_list(settings, "terms", "item", "supplier"),
        kits=_list(settings, "kits", "kit", "component"),
    )
    return RestInventory(source, lists, now)


def _base(settings: Mapping[str, Any]) -> str:
    base = _read(settings, "base_url")
    if "?" in base or "#" in base:
        raise Rejected("The address must end before the ?; write what stands behind it into the paths.")
    return base


def _client_maker(setup: Setup) -> MakeClient:
    settings = setup.settings

    def make_client(address: str, authenticate: Authenticate | None) -> HttpClient:
        return HttpClient(
            address,
            connection=setup.connection,
            reach=setup.reach,
            authenticate=authenticate,
            secrets=(_read(settings, "secret"),),
            limits=Limits(requests_per_minute=settings.get("requests_per_minute")),
            certificate_authority=_read(settings, "certificate_authority"),
        )

    return make_client


def _authentication(
    settings: Mapping[str, Any], make_client: MakeClient, now: Callable[[], datetime]
) -> Authenticate | None:
    kind = settings.get("authentication") or NONE
    user, secret = _read(settings, "user"), _read(settings, "secret")
    if kind == NONE:
        return None
    if not secret:
        raise Rejected("The way to sign in that was chosen needs a secret; enter the password, token or key.")
    if kind == BASIC:
        return Basic(user, secret)
    if kind == BEARER:
        return ApiKey(secret)
    if kind == API_KEY:
        return ApiKey(secret, _read(settings, "key_header") or "X-API-Key", "")
    if kind == QUERY_KEY:
        return QueryKey(secret, _read(settings, "key_parameter") or "api_key")
    tokens = make_client(_read(settings, "token_url"), Basic(user, secret))
    return ClientCredentials(tokens, _read(settings, "scope"), now)


def _paging(settings: Mapping[str, Any]) -> Paging:
    kind = PageKind(settings.get("paging") or PageKind.NONE.value)
    cursor, total = _read(settings, "cursor_path"), _read(settings, "total_path")
    if kind in (PageKind.CURSOR, PageKind.NEXT) and not cursor:
        raise Rejected("These pages need the path of the next cursor or address, for example $.next_cursor.")
    return Paging(
        kind,
        size=int(settings.get("page_size") or 100),
        parameter=_read(settings, "page_parameter") or kind.value,
        size_parameter=_read(settings, "size_parameter"),
        first_page=1 if settings.get("first_page") is None else int(settings["first_page"]),
        cursor=parse_path(cursor) if cursor else None,
        total=parse_path(total) if total else None,
    )


def _list(
    settings: Mapping[str, Any], name: str, *key: str, words: Mapping[str, Mapping[str, str]] | None = None
) -> RestList:
    mapping = RestMapping(settings.get(f"{name}_mapping") or {}, words)
    return RestList(name, _place(settings, f"{name}_path"), mapping, key)


def _place(settings: Mapping[str, Any], name: str) -> str:
    path = _read(settings, name)
    if path.lower().startswith(("http://", "https://")):
        raise Rejected(f"{name} is a path below base_url; write it without the address, like orders.")
    return path


def _words(written: Mapping[str, str]) -> Mapping[str, str]:
    """From what the system calls our states ("paid": "processing, on-hold"): ours, by each of its words."""
    return {word.strip().lower(): ours for ours, words in written.items() for word in words.split(",") if word.strip()}


def _read(settings: Mapping[str, Any], name: str) -> str:
    return str(settings.get(name) or "").strip()


VENDOR = Vendor("rest", (ORDERS, CATALOGUE, INVENTORY), make, SETTINGS)
