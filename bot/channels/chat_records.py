"""What the chat API takes and answers."""

from typing import Literal

from pydantic import BaseModel, Field

from bot.services.signed_identity import MAX_TOKEN_LENGTH

WITHOUT_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f]*$"


class NewSession(BaseModel):
    """`language`: code of the page's language; without it the browser's languages decide."""

    language: str | None = Field(None, max_length=35)
    identity: str | None = Field(
        None, max_length=MAX_TOKEN_LENGTH, description="who the customer is, signed by the shop: docs/identity.md"
    )


class NewIdentity(BaseModel):
    identity: str = Field(max_length=MAX_TOKEN_LENGTH, description="as for a new session")


class Session(BaseModel):
    session_id: str
    token: str = Field(description="Bearer token of this conversation; only its holder can read it")


class NewMessage(BaseModel):
    text: str
    client_message_id: str = Field(
        min_length=1,
        max_length=100,
        pattern=WITHOUT_CONTROL_CHARACTERS,
        description="made by the client; the same one again stores nothing",
    )
    button_id: str | None = Field(None, max_length=40, description="id of the button that was pressed, if one was")


class Accepted(BaseModel):
    seq: int


class ChatButton(BaseModel):
    title: str
    id: str


class ChatMessage(BaseModel):
    seq: int
    author: Literal["customer", "bot", "agent", "system"]
    text: str
    at: str
    buttons: list[ChatButton] | None = None
    client_message_id: str | None = None


class Messages(BaseModel):
    owner: Literal["bot", "queue", "human", "closed"]
    language: str
    messages: list[ChatMessage]
