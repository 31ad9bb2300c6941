"""What the Telegram channel is made of and what it runs on."""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Literal

from bot.channels.pace import Pace
from bot.channels.setup import ChannelSetups
from bot.front_desk import FrontDesk
from bot.handoff.after_turn import DescribeWaiting
from bot.services.attachments import Attachments
from bot.services.channel_links import ChannelLinks
from connectors.settings import Settings

WEBHOOK_PATH = "/telegram/webhook"
PACE = Pace()


@dataclass(frozen=True, slots=True)
class TelegramParts:
    """The parts of the office that the channel works with."""

    desk: FrontDesk
    setups: ChannelSetups
    attachments: Attachments
    links: ChannelLinks
    describe_waiting: DescribeWaiting
    settings: Settings
    pace: Pace = PACE


@dataclass(frozen=True, slots=True)
class Terms:
    """What a connection is made with; when they change, another one is made."""

    token: str = field(repr=False)
    mode: Literal["polling", "webhook"]
    webhook_secret: str = field(repr=False)


def read_terms(setups: ChannelSetups, settings: Settings) -> Terms | None:
    """As set on the pages, else in the environment; None when the channel is off or has no token.

    Without a secret of its own the webhook has one that is made of ours: the same in every process, and never shown.

    Raises:
        SecretUnreadableError: the token was sealed with another key.
    """
    setup, secrets = setups.telegram(), setups.telegram_secrets()
    ours = settings.telegram_bot_token
    token = secrets.bot_token or (ours.get_secret_value() if ours is not None else None)
    if token is None or not setup.is_on:
        return None
    given = settings.telegram_webhook_secret
    secret = secrets.webhook_secret or (given.get_secret_value() if given is not None else _made(settings.secret))
    return Terms(token, setup.mode, secret)


def _made(secret_key: str) -> str:
    return hmac.new(secret_key.encode(), b"telegram-webhook", hashlib.sha256).hexdigest()
