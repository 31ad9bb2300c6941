"""What admins set for the channels: the form before a chat, texts, files, theme, origins, proactive messages."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bot.channels.contrast import READABLE, contrast_of
from bot.channels.origins import origin_of

LANGUAGE = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
NAME = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
# PostgreSQL takes no NUL in a text.
LABEL = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00]*$")]
SENTENCE = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
COLOUR = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
ORIGIN = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", max_length=200),
    # Browsers name a site by no more than that; in set-ups its whole address may stand.
    BeforeValidator(lambda address: origin_of(address) if isinstance(address, str) else address),
]

MEGABYTE = 1024 * 1024
LARGEST_FILE = 20 * MEGABYTE
# Texts of the widget that a company may put its own words to; without one the product's stand.
OWN_TEXTS = ("heading", "welcome_text", "offline_text", "disclosure", "rating_question", "pre_chat_intro")
FILE_KINDS = ("image", "pdf", "text", "office", "audio", "video", "archive")
MOST_FIELDS, MOST_CHOICES, MOST_PROACTIVE, MOST_ORIGINS = 12, 20, 20, 100


class Document(BaseModel):
    """Nothing unknown is kept, and nobody changes what was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PreChatField(Document):
    """A question before the first message. `labels` need at least English; an empty set of them is no field."""

    name: NAME
    kind: Literal["text", "email", "choice", "long_text", "consent"]
    is_required: bool = False
    labels: dict[LANGUAGE, LABEL]
    choices: Annotated[
        dict[LANGUAGE, Annotated[tuple[LABEL, ...], Field(min_length=1, max_length=MOST_CHOICES)]],
        Field(validate_default=True),
    ] = {}

    @field_validator("labels")
    @classmethod
    def _has_english(cls, labels: dict[str, str]) -> dict[str, str]:
        if "en" not in labels:
            sentence = "a field needs an English label: it stands in where another language has none"
            raise PydanticCustomError("needs_english", sentence)
        return labels

    @field_validator("choices")
    @classmethod
    def _choices_fit(cls, choices: dict[str, tuple[str, ...]], info: ValidationInfo) -> dict[str, tuple[str, ...]]:
        if info.data.get("kind") != "choice":
            return {}
        if "en" not in choices:
            raise PydanticCustomError("needs_english_choices", "a choice needs its answers in English")
        if any(len(own) != len(choices["en"]) for own in choices.values()):
            raise PydanticCustomError("choices_differ", "every language needs as many answers as English, in its order")
        if any(len(set(own)) != len(own) for own in choices.values()):
            raise PydanticCustomError("choice_twice", "an answer stands there twice")
        return choices


class ProactiveMessage(Document):
    """Said by the bubble unasked: on pages whose path begins with `path`, after `seconds`, in the visitor's language.

    `times` is how often one visitor sees it within `days`.
    """

    name: NAME
    is_on: bool = True
    path: Annotated[str, StringConstraints(pattern=r"^/", max_length=200)] = "/"
    seconds: Annotated[int, Field(ge=0, le=3600)] = 20
    texts: Annotated[dict[LANGUAGE, SENTENCE], Field(min_length=1)]
    times: Annotated[int, Field(ge=1, le=50)] = 1
    days: Annotated[int, Field(ge=1, le=365)] = 7


class Theme(Document):
    """Colours as #rrggbb; None leaves the product's own. `appearance` auto follows the visitor's system."""

    accent: COLOUR | None = None
    on_accent: COLOUR | None = None
    appearance: Literal["light", "dark", "auto"] = "auto"
    position: Literal["end", "start"] = "end"
    radius: Annotated[int, Field(ge=0, le=28)] = 16

    @model_validator(mode="after")
    def _words_can_be_read(self) -> Self:
        """Without a colour of its own for words the widget takes white or black, whichever is read better."""
        if self.on_accent is None:
            return self
        if self.accent is None:
            raise PydanticCustomError("on_accent_alone", "a colour for words needs the colour they stand on")
        if (ratio := contrast_of(self.accent, self.on_accent)) < READABLE:
            sentence = "the words cannot be read on this colour: the contrast is {ratio}, {readable} is needed"
            facts = {"ratio": f"{ratio:.1f}", "readable": str(READABLE)}
            raise PydanticCustomError("contrast_too_low", sentence, facts)
        return self


Named = TypeVar("Named", tuple[PreChatField, ...], tuple[ProactiveMessage, ...])


class WebSetup(Document):
    """The chat widget. `texts` are own words by language and key of OWN_TEXTS."""

    pre_chat: Annotated[tuple[PreChatField, ...], Field(max_length=MOST_FIELDS)] = ()
    texts: dict[LANGUAGE, dict[str, SENTENCE]] = {}
    theme: Theme = Theme()
    allowed_origins: Annotated[tuple[ORIGIN, ...], Field(max_length=MOST_ORIGINS)] = ()
    file_kinds: frozenset[Literal["image", "pdf", "text", "office", "audio", "video", "archive"]] = frozenset(
        {"image", "pdf", "text", "office", "audio"}
    )
    largest_file: Annotated[int, Field(ge=MEGABYTE // 10, le=LARGEST_FILE, description="bytes")] = 10 * MEGABYTE
    proactive: Annotated[tuple[ProactiveMessage, ...], Field(max_length=MOST_PROACTIVE)] = ()
    has_articles: bool = True
    has_transcript: bool = True
    has_rating: bool = True

    def with_changes(self, changes: Mapping[str, Any]) -> "WebSetup":
        """Some parts replaced, all of it checked; raises pydantic's ValidationError."""
        return WebSetup.model_validate({**self.model_dump(), **changes})

    @property
    def fetched_kinds(self) -> frozenset[str]:
        """What is taken from a channel beside the web: telephones send a film as easily as a voice message."""
        return self.file_kinds | ({"video"} if "audio" in self.file_kinds else frozenset())

    @field_serializer("file_kinds", when_used="json")
    def _in_one_order(self, kinds: frozenset[str]) -> list[str]:
        """Else a change of something else would look like a change of this."""
        return sorted(kinds)

    @field_validator("pre_chat", "proactive")
    @classmethod
    def _names_differ(cls, named: Named) -> Named:
        names = [one.name for one in named]
        if len(names) != len(set(names)):
            raise PydanticCustomError("name_taken", "two have the same name")
        return named

    @field_validator("allowed_origins")
    @classmethod
    def _each_once(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(origins))

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
