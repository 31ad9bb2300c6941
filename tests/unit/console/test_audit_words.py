"""The words for audit entries: every action that the code records has some, in every language."""

import ast
from collections.abc import Iterator

import pytest

from bot.console.audit_view import ACTION_TEXTS, OBJECT_TEXTS
from bot.pages.catalogue import Catalogue
from connectors.settings import PROJECT_ROOT

CATALOGUE = Catalogue(PROJECT_ROOT / "data")
ACTION, OBJECT_TYPE = 2, 3


def constants_in_calls(position: int) -> Iterator[str]:
    """What calls of record_audit say outright; what is put together first is not looked at."""
    for folder in ("bot", "automations", "connectors"):
        for path in (PROJECT_ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("record_audit"):
                    argument = node.args[position]
                    if isinstance(argument, ast.Constant):
                        yield str(argument.value)


@pytest.mark.parametrize(("beginning", "position"), [(ACTION_TEXTS, ACTION), (OBJECT_TEXTS, OBJECT_TYPE)])
def test_everything_that_is_recorded_has_words(beginning: str, position: int) -> None:
    recorded = set(constants_in_calls(position))
    assert len(recorded) > 10
    assert {name for name in recorded if beginning + name not in CATALOGUE.texts["en"]} == set()
