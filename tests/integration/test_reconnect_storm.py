"""Many widgets on one network that breaks: everybody returns, and every message reaches everybody once, in order."""

import asyncio
from pathlib import Path

import httpx
import pytest

from bot.application import create_application
from tests.bench.channel_ledger import Faults, Ledger
from tests.bench.channel_people import Visitor, at_once, drop_all, pour
from tests.fixtures.assistants import PATIENCE_SECONDS, ScriptedAssistant
from tests.fixtures.web_office import build_web_office, serve_on_loopback

pytestmark = pytest.mark.integration

WIDGETS = 30
LINES_EACH = 3
STORM_SECONDS = 0.3


async def until(ledger: Ledger, visitors: list[Visitor]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not all(ledger.is_answered(visitor) for visitor in visitors):
            await asyncio.sleep(0.01)


async def talk_through_storms(url: str, ledger: Ledger) -> list[Visitor]:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_SECONDS) as http:
        visitors = [Visitor(http) for _ in range(WIDGETS)]
        for visitor in visitors:
            await visitor.open()
        async with at_once(*(visitor.stay() for visitor in visitors)):
            for _ in range(LINES_EACH):
                drop_all(visitors, STORM_SECONDS)
                await pour(visitors, (), rate=100, seconds=WIDGETS / 100)
            await until(ledger, visitors)
    return visitors


def test_nothing_is_lost_when_all_widgets_drop_and_return_while_customers_speak(tmp_path: Path) -> None:
    office = build_web_office(tmp_path, ScriptedAssistant())
    ledger = Ledger(office.database, answers=[1] * LINES_EACH * WIDGETS)
    with serve_on_loopback(create_application(office, has_engine=False)) as url:
        visitors = asyncio.run(talk_through_storms(url, ledger))
        assert ledger.stored(visitors) == ledger.answered(visitors) == ledger.shown(visitors) == Faults()
    assert sum(len(visitor.sent) for visitor in visitors) == LINES_EACH * WIDGETS
    assert all(len(visitor.returns) > 1 for visitor in visitors)
