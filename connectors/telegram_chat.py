"""Plain messages into a Telegram chat, and who our bot is there, through the Bot API."""

import json
from dataclasses import dataclass, field

from connectors.errors import AuthFailed, RateLimited, Rejected, Unavailable
from connectors.http.answer import HttpAnswer
from connectors.http.exchange import Exchange
from connectors.http.reach import Allowed, Reach

LONGEST_MESSAGE = 4096
_DEFAULT_WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class TelegramBot:
    """`username` is its name without @, as links to it need it."""

    username: str
    name: str


@dataclass(frozen=True, slots=True)
class TelegramChats:
    """Writes as our bot. `base_url` is the Bot API's address up to the token."""

    base_url: str
    token: str = field(repr=False)
    # The address is a setting of the installation, not of an admin.
    http: Exchange = field(default_factory=lambda: Exchange(Allowed(Reach.PRIVATE)), repr=False, compare=False)

    def send(self, chat: str, text: str) -> int:
        """The status of the answer.

        Raises:
            Unavailable, RateLimited: try again later.
            AuthFailed: the token is wrong.
            Rejected: the chat does not exist, or does not want us.
        """
        answer = self._call("sendMessage", {"chat_id": chat, "text": text[:LONGEST_MESSAGE]})
        if answer.status == 200:
            return answer.status
        raise _refusal(answer)

    def who_am_i(self) -> TelegramBot:
        """The bot that the token belongs to.

        Raises:
            Unavailable, RateLimited: try again later.
            AuthFailed: the token is wrong.
        """
        answer = self._call("getMe", {})
        if answer.status != 200:
            raise _refusal(answer)
        bot = _read(answer).get("result")
        if not isinstance(bot, dict) or not bot.get("username"):
            raise Unavailable("What answered at this address is not Telegram's Bot API.")
        return TelegramBot(str(bot["username"]), str(bot.get("first_name", "")))

    def _call(self, method: str, arguments: dict[str, str]) -> HttpAnswer:
        body = json.dumps(arguments).encode()
        url, headers = f"{self.base_url}{self.token}/{method}", {"Content-Type": "application/json"}
        return self.http.send(self.http.prepare("POST", url, body=body, headers=headers))


def _refusal(answer: HttpAnswer) -> Exception:
    document = _read(answer)
    if answer.status == 429:
        parameters = document.get("parameters")
        wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
        seconds = float(wait) if isinstance(wait, int) else _DEFAULT_WAIT_SECONDS
        return RateLimited("Telegram wants us to write more slowly.", seconds)
    if answer.status in (401, 404):
        return AuthFailed("Telegram refuses the token; correct it (@BotFather shows it).")
    if answer.status in (400, 403):
        said = str(document.get("description", ""))[:200]
        return Rejected(f"Telegram does not write into this chat ({said}). Check its id, and that our bot is in it.")
    return Unavailable(f"Telegram answered with status {answer.status}.")


def _read(answer: HttpAnswer) -> dict[str, object]:
    try:
        document = answer.json()
    except Unavailable:
        return {}
    return document if isinstance(document, dict) else {}
