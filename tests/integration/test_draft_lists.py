"""Open drafts by API and command line: page after page, and nothing twice."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.commands import app
from connectors.contracts.purchasing import PurchaseRequest
from connectors.database.models.api_tokens import TokenRole
from tests.integration.api_house import ApiHouse

pytestmark = pytest.mark.integration


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ApiHouse]:
    house = ApiHouse(tmp_path)
    for number in range(7):
        house.office.connectors.purchasing().put_request(
            PurchaseRequest(
                f"by-hand:{number}",
                f"THING-{number}",
                "Prague",
                "Supplier",
                Decimal(1),
                "H87",
                Decimal(2),
                "EUR",
                date(2026, 12, 1),
                date(2026, 12, 8),
            )
        )
    yield house
    house.close()


def test_a_program_reads_the_drafts_page_after_page(house: ApiHouse) -> None:
    program = house.program(TokenRole.VIEWER)
    read: list[str] = []
    following: int | None = 0
    while following is not None:
        page = program.gets("/drafts", skip=following, limit=3)
        assert (page["count"], len(page["drafts"]) <= 3) == (7, True)
        read += [draft["item"] for draft in page["drafts"]]
        following = page["following"]
    assert read == [f"THING-{number}" for number in range(7)]
    assert program.asks("GET", "/drafts?limit=100000").status_code == 422


def test_the_command_line_says_how_many_more_there_are(house: ApiHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.commands.drafts.office_or_fail", lambda: house.office)

    def says(*words: str) -> str:
        result = CliRunner().invoke(app, ["draft", "list", *words])
        assert result.exit_code == 0, result.output
        return result.output

    first = says("--limit", "5")
    assert ("THING-4" in first, "THING-5" in first) == (True, False)
    assert "… and 2 more: --skip 5" in first
    rest = says("--skip", "5")
    assert ("THING-6" in rest, "more" in rest) == (True, False)
    assert len(json.loads(says("--json"))["drafts"]) == 7
