"""What admins set for the channels: the form before a chat, texts, files, theme, origins, proactive messages."""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

LANGUAGE = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
NAME = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
LABEL = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
SENTENCE = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
COLOUR = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
ORIGIN = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", max_length=200)]

MEGABYTE = 1024 * 1024
LARGEST_FILE = 20 * MEGABYTE
# Texts of the widget that a company may put its own words to; without one the product's stand.
OWN_TEXTS = ("heading", "welcome_text", "offline_text", "disclosure", "rating_question", "pre_chat_intro")
FILE_KINDS = ("image", "pdf", "text", "office", "audio", "archive")


class Document(BaseModel):
    """Nothing unknown is kept, and nobody changes what was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PreChatField(Document):
    """A question before the first message. `labels` need at least English; an empty set of them is no field."""

    name: NAME
    kind: Literal["text", "email", "choice", "long_text", "consent"]
    is_required: bool = False
    labels: dict[LANGUAGE, LABEL]
    choices: dict[LANGUAGE, tuple[LABEL, ...]] = {}

    @field_validator("labels")
    @classmethod
    def _has_english(cls, labels: dict[str, str]) -> dict[str, str]:
        if "en" not in labels:
            raise ValueError("a field needs an English label: it stands in where another language has none")
        return labels


class ProactiveMessage(Document):
    """Said by the bubble unasked: on pages whose path begins with `path`, after `seconds`, in the visitor's language.

    `times` is how often one visitor sees it within `days`.
    """

    name: NAME
    is_on: bool = True
    path: Annotated[str, StringConstraints(pattern=r"^/", max_length=200)] = "/"
    seconds: Annotated[int, Field(ge=0, le=3600)] = 20
    texts: dict[LANGUAGE, SENTENCE]
    times: Annotated[int, Field(ge=1, le=50)] = 1
    days: Annotated[int, Field(ge=1, le=365)] = 7


class Theme(Document):
    """Colours as #rrggbb; None leaves the product's own. `appearance` auto follows the visitor's system."""

    accent: COLOUR | None = None
    on_accent: COLOUR | None = None
    appearance: Literal["light", "dark", "auto"] = "auto"
    position: Literal["end", "start"] = "end"
    radius: Annotated[int, Field(ge=0, le=28)] = 16


Named = TypeVar("Named", tuple[PreChatField, ...], tuple[ProactiveMessage, ...])


class WebSetup(Document):
    """The chat widget. `texts` are own words by language and key of OWN_TEXTS."""

    pre_chat: tuple[PreChatField, ...] = ()
    texts: dict[LANGUAGE, dict[str, SENTENCE]] = {}
    theme: Theme = Theme()
    allowed_origins: tuple[ORIGIN, ...] = ()
    file_kinds: frozenset[Literal["image", "pdf", "text", "office", "audio", "archive"]] = frozenset(
        {"image", "pdf", "text", "office", "audio"}
    )
    largest_file: Annotated[int, Field(ge=MEGABYTE // 10, le=LARGEST_FILE, description="bytes")] = 10 * MEGABYTE
    proactive: tuple[ProactiveMessage, ...] = ()
    has_articles: bool = True
    has_transcript: bool = True
    has_rating: bool = True

    @field_validator("pre_chat", "proactive")
    @classmethod
    def _names_differ(cls, named: Named) -> Named:
        names = [one.name for one in named]
        if len(names) != len(set(names)):
            raise ValueError("two have the same name")
        return named

    @field_validator("texts")
    @classmethod
    def _keys_are_known(cls, texts: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        unknown = {key for own in texts.values() for key in own} - set(OWN_TEXTS)
        if unknown:
            raise ValueError(f"no text of the widget is called {sorted(unknown)[0]}")
        return texts


class TelegramSetup(Document):
    """The Telegram bot; its token and the webhook's secret are kept sealed beside this."""

    is_on: bool = True
    mode: Literal["polling", "webhook"] = "polling"
    bot_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{0,32}$")] = ""
