"""Setting up the Telegram bot: a token is tried before it is kept, and the webhook's secret is made by us."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bot.channels.setup import ChangedMeanwhileError, ChannelSetups, TelegramSecrets
from bot.channels.setup_model import TelegramSetup
from connectors.errors import AuthFailed, ConnectorError
from connectors.secrets import SecretUnreadableError
from connectors.settings import Settings
from connectors.telegram_chat import TelegramBot, TelegramChats

SECRET_BYTES = 32
# As Telegram writes them; anything else would be a part of an address that we must not call.
_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}")


class TelegramSetupError(Exception):
    """It cannot be set up so; `code` is bad_token, token_refused, telegram_away, no_token, needs_https or
    secret_unreadable."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class TelegramChange:
    """What an admin wants. No `bot_token` leaves the one that is kept; `forgets_token` ends its use."""

    version: int
    is_on: bool
    mode: Literal["polling", "webhook"]
    bot_token: str | None = field(default=None, repr=False)
    forgets_token: bool = False


@dataclass(frozen=True, slots=True)
class TelegramFacts:
    """What may be shown: never the token. `source` says where it is kept; `is_readable` whether we can open it."""

    version: int
    is_on: bool
    mode: str
    bot_name: str
    source: Literal["entered", "settings", "none"]
    is_readable: bool = True


def token_in_use(setups: ChannelSetups, settings: Settings) -> str | None:
    """The one that was entered, else that of the installation's settings; raises SecretUnreadableError."""
    entered, given = setups.telegram_secrets().bot_token, settings.telegram_bot_token
    return entered or (given.get_secret_value() if given is not None else None)


class TelegramDesk:
    """All methods block; those that ask Telegram for some seconds."""

    def __init__(
        self, setups: ChannelSetups, settings: Settings, ask: Callable[[str], TelegramBot] | None = None
    ) -> None:
        """`ask` tells whose token this is, and raises a connector error when Telegram does not know it."""
        self._setups = setups
        self._settings = settings
        self._ask = ask or (lambda token: TelegramChats(settings.telegram_api_base_url, token).who_am_i())

    def facts(self) -> TelegramFacts:
        setup, version = self._setups.read_telegram()
        is_readable, kept = True, None
        try:
            kept = self._setups.telegram_secrets().bot_token
        except SecretUnreadableError:
            is_readable = False
        source: Literal["entered", "settings", "none"] = "entered" if kept or not is_readable else "none"
        if source == "none" and self._settings.telegram_bot_token is not None:
            source = "settings"
        return TelegramFacts(version, setup.is_on, setup.mode, setup.bot_name, source, is_readable)

    def change(self, wanted: TelegramChange, actor: str) -> int:
        """The new version. A new token is tried first; what fails is not kept.

        Raises:
            TelegramSetupError: it cannot work.
            ChangedMeanwhileError: `wanted.version` is not the present one.
        """
        setup, version = self._setups.read_telegram()
        if version != wanted.version:
            raise ChangedMeanwhileError
        if wanted.mode == "webhook" and not self._settings.public_base_url.startswith("https://"):
            sentence = "Telegram calls webhooks by https only: set TWINOFFICE_PUBLIC_URL to an address with https."
            raise TelegramSetupError("needs_https", sentence)
        before = self._kept_before(wanted)
        token = None if wanted.forgets_token else wanted.bot_token or before.bot_token
        # Who had the old token may have seen the old secret, too.
        secret = before.webhook_secret if token == before.bot_token else None
        after = TelegramSecrets(token, secret or secrets.token_urlsafe(SECRET_BYTES))
        setup = TelegramSetup(
            is_on=wanted.is_on, mode=wanted.mode, bot_name=self._name_of(wanted, setup, before, token)
        )
        return self._setups.change_telegram(setup, version, actor, None if after == before else after)

    def try_out(self) -> TelegramBot:
        """Ask Telegram who we are, with the token in use; raises TelegramSetupError."""
        try:
            token = token_in_use(self._setups, self._settings)
        except SecretUnreadableError as error:
            raise TelegramSetupError("secret_unreadable", str(error)) from error
        if token is None:
            raise TelegramSetupError("no_token", "There is no token yet. @BotFather in Telegram gives one.")
        return self._who_has(token)

    def _kept_before(self, wanted: TelegramChange) -> TelegramSecrets:
        try:
            return self._setups.telegram_secrets()
        except SecretUnreadableError as error:
            if wanted.bot_token or wanted.forgets_token:
                return TelegramSecrets()
            raise TelegramSetupError("secret_unreadable", str(error)) from error

    def _name_of(self, wanted: TelegramChange, setup: TelegramSetup, before: TelegramSecrets, token: str | None) -> str:
        """The bot's name; Telegram is asked when it is not known yet, and by this a new token is tried."""
        if token is not None and token == before.bot_token and setup.bot_name:
            return setup.bot_name
        if token is None and wanted.is_on and self._settings.telegram_bot_token is not None:
            token = self._settings.telegram_bot_token.get_secret_value()
        return self._who_has(token).username if token else ""

    def _who_has(self, token: str) -> TelegramBot:
        if not _TOKEN.fullmatch(token):
            raise TelegramSetupError("bad_token", "A token looks like 123456789:AAE…; @BotFather in Telegram gives it.")
        try:
            return self._ask(token)
        except AuthFailed as error:
            raise TelegramSetupError("token_refused", error.reason) from error
        except ConnectorError as error:
            raise TelegramSetupError("telegram_away", error.reason) from error
