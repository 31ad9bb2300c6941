"""Settings from environment variables and `.env`, prefix TWINOFFICE_; a wrong one is named before anything starts."""

import re
import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
MINIMUM_SECRET_LENGTH = 32
DATA_FOLDER = PROJECT_ROOT / "data"  # what the assistant knows: texts, examples, rules
DEMO_SENDER = "Lumen & Oak <help@lumen-oak.example>"
DEMO_SELLER = "Lumen & Oak s.r.o. | Jungmannova 9, 110 00 Praha 1 | CZ00000000"
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class SettingsError(Exception):
    """A setting is missing or wrong; the text names it and says what to do."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="TWINOFFICE_", env_file=PROJECT_ROOT / ".env", extra="ignore", env_ignore_empty=True
    )

    database_url: str | None = Field(None, description="sqlite:///… or postgresql://…; default: a file in DATA_DIR")
    data_dir: Path = Field(PROJECT_ROOT / "var", description="run-time state: database file, uploads, logs")
    host: str = Field("127.0.0.1", description="address of the public web server")
    port: int = Field(8000, ge=1, le=65535, description="port of the public web server")
    private_host: str = Field("127.0.0.1", description="address that only Rasa may reach: actions and texts")
    private_port: int = Field(8001, ge=1, le=65535)
    private_url: str | None = Field(None, description="how Rasa reaches the private address, if not by the two above")
    rasa_url: str | None = Field(None, description="a Rasa that runs elsewhere; default: start our own on RASA_PORT")
    rasa_port: int = Field(5005, ge=1, le=65535)
    model_file: Path | None = Field(None, description="a trained model to serve; default: the one of the present data")
    secret_key: SecretStr | None = Field(None, description="at least 32 characters; the demo makes its own")
    previous_secret_keys: SecretStr | None = Field(
        None, description="earlier secret keys, separated by commas, until `twinoffice secrets rotate` was done"
    )
    demo: bool | None = Field(None, description="demonstration company; default: on loopback without DATABASE_URL")
    telegram_bot_token: SecretStr | None = None
    telegram_webhook_secret: SecretStr | None = Field(
        None, description="what Telegram shows at our webhook; default: made of the secret key"
    )
    telegram_api_base_url: str = "https://api.telegram.org/bot"
    alert_reach: Literal["public", "loopback", "private"] | None = Field(
        None, description="where alert webhooks may go; default: public, in the demo also loopback"
    )
    smtp_host: str | None = Field(None, description="mail server; without it mail goes into DATA_DIR/mailbox")
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_security: Literal["tls", "starttls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    mail_from: str = Field(DEMO_SENDER, validate_default=True, description="sender of our mails")
    seller: str | None = Field(None, description="who issues invoices, as printed on copies; lines separated by |")
    public_url: str | None = Field(None, description="address under which customers reach us, for links in messages")
    product_url: str | None = Field(None, description="address of a product's page, with {sku} where its SKU belongs")
    time_zone: str = Field("Europe/Prague", description="time zone of the company: business hours, schedules")
    holiday_country: str = Field(
        "CZ", pattern="^[A-Z]{2}$", description="country whose public holidays close the office, as ISO 3166"
    )
    identity_keys: SecretStr | None = Field(
        None, description="keys that sign who a customer is, newest first: id:secret,id:secret (32 characters or more)"
    )
    identity_required: bool = Field(False, description="only customers with a signed identity may chat on the web")
    secure_cookies: bool | None = Field(None, description="default: yes, except on loopback")
    proof_tries_per_hour: int = Field(5, ge=1, description="failed order proofs per conversation and contact")
    proof_tries_per_hour_per_address: int = Field(50, ge=1, description="failed order proofs per network address")
    proof_tries_per_hour_per_order: int = Field(20, ge=1, description="failed proofs of one order, whoever tries")
    sessions_per_minute_per_address: int = Field(600, ge=1, description="new chat sessions per network address")
    messages_per_minute_per_conversation: int = Field(600, ge=1, description="messages of one customer on the web")
    allowed_origins: str = Field("", description="other web sites that embed the widget, separated by commas")
    trusted_proxies: str = Field("", description="addresses whose X-Forwarded-For is believed, separated by commas")

    @field_validator("secret_key")
    @classmethod
    def _secret_is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < MINIMUM_SECRET_LENGTH:
            raise ValueError(
                f"must have at least {MINIMUM_SECRET_LENGTH} characters; make one with: openssl rand -hex 32"
            )
        return value

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _webhook_secret_is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", value.get_secret_value()):
            raise ValueError("must be 16 to 256 characters of A-Z, a-z, 0-9, _ and -, as Telegram wants it")
        return value

    @field_validator("previous_secret_keys")
    @classmethod
    def _previous_secrets_are_long(cls, value: SecretStr | None) -> SecretStr | None:
        if any(len(one) < MINIMUM_SECRET_LENGTH for one in _listed(value)):
            raise ValueError(f"must be keys of at least {MINIMUM_SECRET_LENGTH} characters, separated by commas")
        return value

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, value: str | None) -> str | None:
        try:
            is_known = value is None or make_url(value).get_backend_name() in {"sqlite", "postgresql"}
        except ArgumentError:
            is_known = False
        if not is_known:
            raise ValueError("must look like sqlite:////path/to/file or postgresql://user:password@host/database")
        return value

    @field_validator("rasa_url", "private_url", "public_url", "product_url", "telegram_api_base_url")
    @classmethod
    def _address_is_http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value

    @field_validator("smtp_password")
    @classmethod
    def _password_has_a_user(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and info.data.get("smtp_user") is None:
            raise ValueError("needs TWINOFFICE_SMTP_USER, the name that it belongs to")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender_is_ours(cls, value: str, info: ValidationInfo) -> str:
        if not re.fullmatch(r"[^@<>\r\n]+@[^@<>\s]+|[^@<>\r\n]*<[^@<>\s]+@[^@<>\s]+>", value):
            raise ValueError("must look like shop@example.com or Shop <shop@example.com>")
        if info.data.get("smtp_host") is not None and value == DEMO_SENDER:
            raise ValueError("must be an address of yours, because TWINOFFICE_SMTP_HOST is set")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("is no time zone; write it like Europe/Prague")
        return value

    @field_validator("identity_keys")
    @classmethod
    def _identity_keys_are_long(cls, value: SecretStr | None) -> SecretStr | None:
        for entry in value.get_secret_value().split(",") if value is not None else ():
            name, _, secret = entry.strip().partition(":")
            if not name or len(secret) < MINIMUM_SECRET_LENGTH:
                raise ValueError(f"must look like id:secret, each secret at least {MINIMUM_SECRET_LENGTH} characters")
        return value

    @field_validator("identity_required")
    @classmethod
    def _required_identity_has_keys(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("identity_keys") is None:
            raise ValueError("needs TWINOFFICE_IDENTITY_KEYS: without a key nobody could chat")
        return value

    @field_validator("private_port")
    @classmethod
    def _private_is_not_public(cls, value: int, info: ValidationInfo) -> int:
        if value == info.data.get("port"):
            raise ValueError("must differ from TWINOFFICE_PORT: customers must not reach the private address")
        return value

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK_HOSTS

    @property
    def is_demo(self) -> bool:
        return (
            self.demo
            if self.demo is not None
            else self.is_loopback and self.database_url is None and not self.trusted_proxies
        )

    @property
    def uses_secure_cookies(self) -> bool:
        return self.secure_cookies if self.secure_cookies is not None else not self.is_loopback

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'twinoffice.sqlite'}"

    @property
    def rasa(self) -> str:
        return self.rasa_url or f"http://127.0.0.1:{self.rasa_port}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def public_base_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def seller_lines(self) -> list[str]:
        seller = self.seller or (DEMO_SELLER if self.is_demo else "")
        return [line.strip() for line in seller.split("|") if line.strip()]

    def product_page(self, sku: str) -> str:
        """Where customers see a product; the demonstration shop has all of them on one page."""
        return (self.product_url or f"{self.public_base_url}/#{{sku}}").replace("{sku}", quote(sku, safe=""))

    @property
    def private_base_url(self) -> str:
        return self.private_url or f"http://{self.private_host}:{self.private_port}"

    @property
    def webhook_reach(self) -> str:
        return self.alert_reach or ("loopback" if self.is_demo else "public")

    @property
    def previous_secrets(self) -> list[str]:
        return _listed(self.previous_secret_keys)

    @cached_property
    def secret(self) -> str:
        """The secret key; the demo keeps a random one in DATA_DIR."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        if not self.is_demo:
            raise SettingsError("TWINOFFICE_SECRET_KEY is not set. Make one with: openssl rand -hex 32")
        try:
            return _kept_secret(self.data_dir / "secret_key")
        except OSError as error:
            raise SettingsError(
                f"TWINOFFICE_DATA_DIR: {self.data_dir} cannot be used ({error}). Name a folder that we may write to."
            ) from error


def _listed(value: SecretStr | None) -> list[str]:
    return [one.strip() for one in value.get_secret_value().split(",") if one.strip()] if value is not None else []


def _kept_secret(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_hex(32))
    secret = path.read_text()
    if len(secret) < MINIMUM_SECRET_LENGTH:
        raise SettingsError(f"{path} is incomplete; delete it and start again.")
    return secret


def load_settings() -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: one is wrong or missing; the text names every such variable.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        lines = [f"TWINOFFICE_{'_'.join(str(p) for p in e['loc']).upper()}: {e['msg']}" for e in error.errors()]
        raise SettingsError("Wrong settings:\n  " + "\n  ".join(lines)) from error
    settings.data_dir = settings.data_dir.resolve()
    _ = settings.secret
    return settings
