"""The courier: carries deliveries of the outbox to their channels, and tries a channel on request."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog

from automations.alerts.channels import signing_secrets
from automations.alerts.outbox import Outcome, Parcel, settle, take, trial_delivery
from automations.rules.deliveries import Verdict, judge_status
from bot.alerts.wording import AlertWords
from connectors.contracts.mail import Mail, Mailer
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.alerts import AlertChannel, ChannelKind
from connectors.database.session import Database
from connectors.errors import ConnectorError, NotFound, RateLimited, Rejected
from connectors.http.answer import HttpAnswer
from connectors.http.exchange import Exchange
from connectors.http.outcomes import read_retry_after
from connectors.secrets import Secrets, SecretUnreadableError
from connectors.telegram_chat import TelegramChats
from connectors.webhook import post_webhook

SENT_AT_ONCE = 4

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Carriers:
    """What messages leave through; `telegram` tells the bot of now, None while there is none."""

    mailer: Mailer
    http: Exchange
    telegram: Callable[[], TelegramChats | None]
    secrets: Secrets


class Courier:
    """Any number of processes may carry; each delivery is in one hand at a time."""

    def __init__(
        self,
        database: Database,
        carriers: Carriers,
        words: AlertWords,
        now: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._carriers = carriers
        self._words = words
        self._now = now
        self._chance = chance

    @property
    def has_telegram(self) -> bool:
        return self._carriers.telegram() is not None

    @property
    def secrets(self) -> Secrets:
        return self._carriers.secrets

    def send_due(self) -> int:
        """Try every delivery whose time has come, some at a time; returns how many were tried."""
        tried = 0
        with ThreadPoolExecutor(SENT_AT_ONCE, thread_name_prefix="alerts") as pool:
            while parcels := take(self._database, self._now(), SENT_AT_ONCE):
                list(pool.map(self._carry, parcels))
                tried += len(parcels)
        return tried

    def try_out(self, channel: AlertChannel, actor: str) -> Outcome:
        """Send a test message now and record it in the log of deliveries; it is not tried again."""
        parcel = Parcel(trial_delivery(channel, self._now()), channel, 1)
        parcel.delivery.attempts = 1
        outcome = self._try(parcel)
        is_good = outcome.verdict is Verdict.DELIVERED
        final = outcome if is_good else Outcome(Verdict.FINAL, outcome.took, outcome.status, outcome.error)
        with self._database.write() as session:
            session.add(parcel.delivery)
            session.flush()
            settle(session, parcel, final, self._now(), self._chance())
            record_audit(session, actor, "alert_channel.test", "alert_channel", channel.id, is_good=is_good)
        return outcome

    def _carry(self, parcel: Parcel) -> None:
        outcome = self._try(parcel)
        if outcome.verdict is not Verdict.DELIVERED:
            # Neither the address nor the message: both may hold what must not stand in a log.
            sent = {"delivery": parcel.delivery.id, "channel": parcel.channel.id, "attempt": parcel.attempts}
            log.warning("alert_not_delivered", reason=outcome.error, **sent)
        with self._database.write() as session:
            settle(session, parcel, outcome, self._now(), self._chance())

    def _try(self, parcel: Parcel) -> Outcome:
        started = monotonic()
        try:
            answer = self._send(parcel)
        except RateLimited as error:
            asked = timedelta(seconds=error.retry_after)
            return Outcome(Verdict.AGAIN, _since(started), error=error.reason, asked_pause=asked)
        except (Rejected, NotFound) as error:
            return Outcome(Verdict.FINAL, _since(started), error=error.reason)
        except ConnectorError as error:
            return Outcome(Verdict.AGAIN, _since(started), error=error.reason)
        except SecretUnreadableError as error:
            return Outcome(Verdict.AGAIN, _since(started), error=str(error))
        except (KeyError, ValueError, TypeError) as error:
            # News of another version of the product must not keep the others from their readers.
            sentence = f"This message cannot be worded by this version of the product ({type(error).__name__})."
            return Outcome(Verdict.FINAL, _since(started), error=sentence)
        return _judge(answer, _since(started), self._now())

    def _send(self, parcel: Parcel) -> HttpAnswer | None:
        """The answer to a webhook; mail and chats say by not raising that they took the message."""
        channel, events, words = parcel.channel, parcel.events, self._words
        if channel.kind == ChannelKind.WEBHOOK:
            body = words.document(channel.language, events[0], channel.name)
            secrets = signing_secrets(channel, self._carriers.secrets)
            return post_webhook(self._carriers.http, channel.target, secrets, parcel.delivery.id, body, self._now())
        text = words.text(channel.language, events, channel.name)
        if channel.kind == ChannelKind.MAIL:
            subject = words.subject(channel.language, events, channel.name)
            self._carriers.mailer.send(Mail(channel.target, subject, text, key=parcel.delivery.id))
        elif (chats := self._carriers.telegram()) is None:
            raise Rejected("There is no Telegram bot; set one up on /console/channels/telegram.")
        else:
            chats.send(channel.target, text)
        return None


def _judge(answer: HttpAnswer | None, took: timedelta, now: datetime) -> Outcome:
    if answer is None:
        return Outcome(Verdict.DELIVERED, took)
    verdict = judge_status(answer.status)
    if verdict is Verdict.DELIVERED:
        return Outcome(verdict, took, answer.status)
    seconds = read_retry_after(answer.headers.get("Retry-After", ""), now)
    pause = None if seconds is None else timedelta(seconds=seconds)
    return Outcome(verdict, took, answer.status, _sentence(verdict, answer.status), pause)


def _sentence(verdict: Verdict, status: int) -> str:
    if verdict is Verdict.GONE:
        return "The receiver answered 410: it wants nothing more, so the channel was switched off."
    if verdict is Verdict.FINAL:
        return f"The receiver answered {status}, a redirect. Redirects are not followed; enter the new address."
    return f"The receiver answered {status} instead of 2xx; look into its log."


def _since(started: float) -> timedelta:
    return timedelta(seconds=monotonic() - started)
