"""The commands of docs/api.md do what the page says."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from httpx2 import Response

from connectors.database.models.api_tokens import TokenRole
from connectors.settings import PROJECT_ROOT
from tests.integration.api_house import ApiHouse, Program

pytestmark = pytest.mark.integration

PAGE = (PROJECT_ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
KEPT = re.compile(r"\s*# keep id as ([A-Z]+)$")


def commands() -> Iterator[tuple[str, str | None]]:
    """Each command, and the name under which the id of its answer is used further on."""
    for block in BLOCK.findall(PAGE):
        for line in block.splitlines():
            kept = KEPT.search(line)
            yield KEPT.sub("", line), kept[1] if kept else None


def carry_out(house: ApiHouse, command: str, known: Mapping[str, str]) -> Response:
    for name, value in known.items():
        command = command.replace(f"${name}", value)
    words = shlex.split(command)
    assert words.pop(0) == "curl"
    method, headers, body, address = "GET", {}, None, ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _colon, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = words.pop(0)
        else:
            address = word
    return Program(house, None).client.request(method, address, headers=headers, content=body)


def test_every_example_works_as_it_stands_there(tmp_path: Path) -> None:
    house = ApiHouse(tmp_path)
    try:
        known = {"URL": "http://testserver", "TOKEN": house.token(TokenRole.ADMIN)[1]}
        done = 0
        for command, kept in commands():
            answer = carry_out(house, command, known)
            assert answer.status_code in (200, 201, 202), (command, answer.status_code, answer.text)
            done += 1
            if kept:
                known[kept] = answer.json()["id"]
        assert done > 10
    finally:
        house.close()
