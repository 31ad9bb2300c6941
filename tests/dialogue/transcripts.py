"""Plays one conversation in every language with a freshly started demo and writes it down: `make transcripts`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bot.texts import Texts
from connectors.demo.seed import DEMO_ORDER_EMAIL, DEMO_ORDER_NUMBER
from tests.dialogue.knowledge_lines import KNOWLEDGE_LINES
from tests.dialogue.lines import LINES
from tests.dialogue.order_lines import ORDER_LINES
from tests.dialogue.product_lines import LINES as PRODUCT_LINES
from tests.fixtures.customer import Customer, Said
from tests.product import ROOT, running_product

FOLDER = ROOT / "docs" / "transcripts"
OTHER_ORDER = "ORD-2026-1044"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    texts = Texts(ROOT / "data")
    address = {"TWINOFFICE_PUBLIC_URL": "https://lumen-oak.example"}
    with tempfile.TemporaryDirectory() as name, running_product(Path(name), **address) as product:
        for code, language in sorted(texts.languages.items()):
            written = "\n".join(write_down(Customer(product.url, code), code))
            title = f"# {language.name}\n\nWritten by `make transcripts` from a conversation with the demo.\n\n"
            (FOLDER / f"{code}.md").write_text(title + written + "\n", encoding="utf-8")


def lines_of(language: str) -> list[str]:
    """A visit: a question, an order, a correction, a return that is thought better of, goods, a ticket, a person."""
    talk, orders = LINES[language], ORDER_LINES[language]
    return [
        talk["hello"],
        talk["where"],
        talk["hours"],
        DEMO_ORDER_NUMBER,
        DEMO_ORDER_EMAIL,
        orders["return"],
        DEMO_ORDER_NUMBER,
        orders["correction"].format(number=OTHER_ORDER),
        talk["cancel"],
        PRODUCT_LINES[language]["price"],
        PRODUCT_LINES[language]["sold_out"],
        KNOWLEDGE_LINES[language]["problem"],
        talk["problem"],
        talk["subject"],
        talk["delivery"],
        talk["description"],
        talk["yes"],
        talk["foreign"],
        talk["human"],
    ]


def write_down(customer: Customer, language: str) -> Iterator[str]:
    yield from quote(customer.welcome)
    for line in lines_of(language):
        yield f"**›** {line}\n"
        yield from quote(customer.say(line))


def quote(said: Said) -> Iterator[str]:
    for text in said.texts:
        yield "> " + text.replace("\n", "  \n> ") + "\n"
    if said.buttons:
        yield "> " + " ".join(f"`{button['title']}`" for button in said.buttons) + "\n"


if __name__ == "__main__":
    main()
