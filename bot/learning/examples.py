"""What people taught the assistant: the labelled turns of the database as training examples of Rasa."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.learning.masking import mask
from connectors.database.models.conversation import Contact, Conversation
from connectors.database.models.understanding import ReviewState, UnderstoodTurn

_HEAD = "# Written at every training from the labelled turns of the database: changes here are lost.\n"


@dataclass(frozen=True, slots=True, order=True)
class LearnedExample:
    """A customer's message, masked, with the intent that a person gave it."""

    language: str
    intent: str
    text: str


def read_examples(session: Session) -> Sequence[LearnedExample]:
    """One example for each different text of a language; of two labels the later one counts."""
    query = (
        select(UnderstoodTurn.language, UnderstoodTurn.text, UnderstoodTurn.label, Contact.display_name)
        .join(Conversation, Conversation.id == UnderstoodTurn.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(UnderstoodTurn.review_state == ReviewState.LABELLED, UnderstoodTurn.label.is_not(None))
        .order_by(UnderstoodTurn.reviewed_at, UnderstoodTurn.id)
    )
    labels = {
        (language, mask(text, [name] if name else [])): label for language, text, label, name in session.execute(query)
    }
    return sorted(LearnedExample(language, str(label), text) for (language, text), label in labels.items() if text)


def write_examples(folder: Path, examples: Sequence[LearnedExample]) -> None:
    """Make the folder hold these examples and no other ones, a file per language; they come sorted."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.yml"):
        old.unlink()
    for language, own in groupby(examples, key=lambda example: example.language):
        (folder / f"{language}.yml").write_text(_as_yaml(list(own)), encoding="utf-8")


def _as_yaml(examples: Sequence[LearnedExample]) -> str:
    """The same form as data/<language>/nlu; a text is one line without control characters, so it needs no quotes."""
    blocks = []
    for intent, own in groupby(examples, key=lambda example: example.intent):
        lines = "".join(f"    - {example.text}\n" for example in own)
        blocks.append(f"- intent: {intent}\n  examples: |\n{lines}")
    return f'{_HEAD}version: "3.1"\n\nnlu:\n' + "\n".join(blocks)
