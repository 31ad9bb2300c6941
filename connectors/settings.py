"""Settings from environment variables and `.env`, prefix TWINOFFICE_; a wrong one is named before anything starts."""

import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
MINIMUM_SECRET_LENGTH = 32
DATA_FOLDER = PROJECT_ROOT / "data"  # what the assistant knows: texts, examples, rules
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
    secret_key: SecretStr | None = Field(None, description="at least 32 characters; the demo makes its own")
    demo: bool | None = Field(None, description="demonstration company; default: on loopback without DATABASE_URL")
    telegram_bot_token: SecretStr | None = None
    telegram_api_base_url: str = "https://api.telegram.org/bot"
    secure_cookies: bool | None = Field(None, description="default: yes, except on loopback")
    proof_tries_per_hour: int = Field(5, ge=1, description="failed order proofs per conversation and contact")
    proof_tries_per_hour_per_address: int = Field(50, ge=1, description="failed order proofs per network address")
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

    @field_validator("rasa_url", "private_url", "telegram_api_base_url")
    @classmethod
    def _address_is_http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
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
    def private_base_url(self) -> str:
        return self.private_url or f"http://{self.private_host}:{self.private_port}"

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
