"""Small functions and small files: the budgets of the house style."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60
SMALL_FUNCTION_LINES = 25
SHARE_OF_SMALL_FUNCTIONS = 0.9
MAX_BROAD_HANDLERS = 3


def python_files(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "migrations/versions" not in path.as_posix()
    )


def functions() -> Iterator[tuple[str, int]]:
    for path in python_files("bot", "automations", "connectors"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", lines


@pytest.mark.parametrize("limit", [MAX_FILE_LINES])
def test_no_file_has_two_subjects(limit: int) -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in python_files("bot", "automations", "connectors", "tests")
    }
    assert {name: lines for name, lines in lengths.items() if lines > limit} == {}


def test_no_function_is_long() -> None:
    assert [(name, lines) for name, lines in functions() if lines > MAX_FUNCTION_LINES] == []


def test_nine_functions_in_ten_are_small() -> None:
    lengths = [lines for _name, lines in functions()]
    assert sum(lines < SMALL_FUNCTION_LINES for lines in lengths) / len(lengths) >= SHARE_OF_SMALL_FUNCTIONS


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in python_files("bot", "automations", "connectors")
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


def test_only_the_named_edges_catch_everything() -> None:
    broad = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in python_files("bot", "automations", "connectors")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    ]
    assert len(broad) <= MAX_BROAD_HANDLERS, broad


def test_data_holds_no_python() -> None:
    assert list((ROOT / "data").rglob("*.py")) == []
