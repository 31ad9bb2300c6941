"""What the chat API takes and answers."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bot.channels.setup_model import Theme
from bot.services.signed_identity import MAX_TOKEN_LENGTH
from bot.web_errors import Problem

WITHOUT_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f]*$"
# Nor direction marks, by which something else is read than was sent.
WITHOUT_TURNS = r"^[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]*$"
WITHOUT_NUL = r"^[^\x00]*$"
# One address, and nothing that the header of a mail could take for two, for a group or for its end.
ADDRESS = r"^[^@\s\x00-\x1f\x7f<>()\[\],;:\\\"]{1,64}@[\w-]+(\.[\w-]+)+$"
FieldName = Annotated[str, Field(max_length=30)]


class NewSession(BaseModel):
    """`language`: code of the page's language; without it the browser's languages decide."""

    language: str | None = Field(None, max_length=35)
    identity: str | None = Field(
        None, max_length=MAX_TOKEN_LENGTH, description="who the customer is, signed by the shop: docs/identity.md"
    )
    pre_chat: dict[FieldName, Annotated[str, Field(max_length=4000)] | bool] = Field(
        {}, max_length=50, description="answers to the form of GET /api/chat/config, by the names of its fields"
    )
    path: str | None = Field(None, max_length=200, pattern=WITHOUT_TURNS, description="path of the page it begins on")


class FormProblem(Problem):
    """`fields`: for code pre_chat_invalid, what is wrong with which answer."""

    fields: dict[str, Literal["required", "email", "too_long", "invalid"]] = Field(default_factory=dict)


class FormRefusal(BaseModel):
    detail: FormProblem


class NewIdentity(BaseModel):
    identity: str = Field(max_length=MAX_TOKEN_LENGTH, description="as for a new session")


class Session(BaseModel):
    session_id: str
    token: str = Field(description="Bearer token of this conversation; only its holder can read it")


class NewMessage(BaseModel):
    text: str = Field(description="may be empty when there are attachments")
    client_message_id: str = Field(
        min_length=1,
        max_length=100,
        pattern=WITHOUT_CONTROL_CHARACTERS,
        description="made by the client; the same one again stores nothing",
    )
    button_id: str | None = Field(None, max_length=40, description="id of the button that was pressed, if one was")
    attachments: list[Annotated[str, Field(max_length=32, pattern=WITHOUT_CONTROL_CHARACTERS)]] = Field(
        [], max_length=10, description="ids of files that were uploaded before"
    )


class Accepted(BaseModel):
    seq: int


class ChatButton(BaseModel):
    title: str
    id: str


class ChatAttachment(BaseModel):
    """`state`: ready to be loaded, expected (still on its way to us), or missing. A location has no bytes."""

    id: str
    kind: Literal["photo", "document", "voice", "location", "contact"]
    name: str
    media_type: str
    size: int = Field(description="bytes")
    state: Literal["ready", "expected", "missing"] = "ready"
    detail: dict[str, str | float | int] = {}


class ChatMessage(BaseModel):
    seq: int
    author: Literal["customer", "bot", "agent", "system"]
    text: str
    at: str
    buttons: list[ChatButton] | None = None
    attachments: list[ChatAttachment] | None = None
    edited_at: str | None = None
    client_message_id: str | None = None


class Queue(BaseModel):
    place: int = Field(description="1 is the next")
    expected_minutes: int | None = Field(None, description="left to wait; null where nothing is known")


class Messages(BaseModel):
    owner: Literal["bot", "queue", "human", "closed"]
    language: str
    messages: list[ChatMessage]
    read_seq: int = Field(0, description="the customer's messages up to this one were read by the bot or a person")
    queue: Queue | None = Field(None, description="only while the customer waits for a person")
    is_agent_here: bool | None = Field(None, description="whether the person who has it is there; null without one")


class ConfigLanguage(BaseModel):
    code: str
    name: str
    direction: Literal["ltr", "rtl"]


class FormField(BaseModel):
    """A question before the chat; `choices` only for kind choice."""

    name: str
    kind: Literal["text", "email", "choice", "long_text", "consent"]
    required: bool
    label: str
    choices: list[str]


class ConfigFiles(BaseModel):
    """`accept` is as for an input of type file; `largest` in bytes."""

    kinds: list[str]
    accept: str
    largest: int


class ConfigOffice(BaseModel):
    """Whether people are there: until `closes_at`, or again from `back_at`, each None where it is not known.

    `reason` is the name of a closed day.
    """

    is_open: bool
    closes_at: datetime | None = None
    back_at: datetime | None = None
    reason: str | None = None


class Proactive(BaseModel):
    """Said after `seconds` on the page, to one visitor at most `times` within `days`."""

    name: str
    seconds: int
    text: str
    times: int
    days: int


class ChatConfig(BaseModel):
    """`texts` are the company's own words; `telegram` is the name of its bot."""

    languages: list[ConfigLanguage]
    language: str
    theme: Theme
    texts: dict[str, str]
    pre_chat: list[FormField]
    files: ConfigFiles
    office: ConfigOffice
    proactive: list[Proactive]
    telegram: str | None
    has_articles: bool
    has_transcript: bool
    has_rating: bool
    identity_required: bool


class OwnConversation(BaseModel):
    """`owner` as in Messages; `unread` counts what the customer has not seen yet."""

    id: str
    title: str | None
    owner: Literal["bot", "queue", "human", "closed"]
    last_text: str
    last_at: datetime
    unread: int


class ReadUpTo(BaseModel):
    seq: int = Field(ge=1, le=2**31 - 1, description="the last message that was on the customer's screen")


class ChosenLanguage(BaseModel):
    language: str = Field(max_length=35)


class NewRating(BaseModel):
    score: int = Field(ge=1, le=5)
    comment: str = Field("", max_length=1000, pattern=WITHOUT_NUL)


class TranscriptAddress(BaseModel):
    email: str = Field(max_length=320, pattern=ADDRESS)


class OwnTicketState(BaseModel):
    """`subject` is None where somebody else opened it under the customer's address."""

    number: str
    subject: str | None
    state: str
    opened_at: datetime
    updated_at: datetime


class FoundArticle(BaseModel):
    """`text` is the beginning of what answers the question, as Markdown."""

    slug: str
    title: str
    heading: str
    text: str


class ArticleSection(BaseModel):
    heading: str
    text: str = Field(description="Markdown")


class ArticleText(BaseModel):
    title: str
    sections: list[ArticleSection]


class LinkWanted(BaseModel):
    order_number: str | None = Field(
        None, max_length=40, pattern=WITHOUT_CONTROL_CHARACTERS, description="only this order, proved here before"
    )


class Link(BaseModel):
    url: str
