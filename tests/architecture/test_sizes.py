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
# A run, a turn and a channel's loop outlive whatever one item, one message or one update does to them.
EDGES_THAT_CATCH_EVERYTHING = [
    "automations/engine/run_loop.py",
    "bot/channels/telegram.py",
    "bot/conversations/turn.py",
]


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


def test_no_file_has_two_subjects() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in python_files("bot", "automations", "connectors", "tests")
    }
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


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


def broad_handlers(source: str) -> list[int]:
    """The lines of handlers that swallow every error."""
    handlers = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ExceptHandler))
    return [handler.lineno for handler in handlers if swallows_everything(handler)]


def swallows_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {"BaseException" if each is None else ast.unparse(each).removeprefix("builtins.") for each in caught}
    last = handler.body[-1]
    raises_again = isinstance(last, ast.Raise) and last.exc is None
    return "Exception" in names or ("BaseException" in names and not raises_again)


def test_only_the_named_edges_catch_everything() -> None:
    broad = [
        path.relative_to(ROOT).as_posix()
        for path in python_files("bot", "automations", "connectors")
        for _line in broad_handlers(path.read_text())
    ]
    assert sorted(broad) == EDGES_THAT_CATCH_EVERYTHING


@pytest.mark.parametrize(
    ("handler", "is_broad"),
    [
        ("except Exception: pass", True),
        ("except (Exception, OSError): pass", True),
        ("except (ValueError, builtins.Exception) as error: print(error)", True),
        ("except BaseException: pass", True),
        ("except BaseException as error: raise OSError from error", True),
        ("except: pass", True),
        ("except BaseException: clean(); raise", False),
        ("except (ValueError, OSError): pass", False),
    ],
)
def test_a_handler_that_swallows_everything_is_found_however_it_is_written(handler: str, is_broad: bool) -> None:
    assert bool(broad_handlers(f"try: work()\n{handler}")) == is_broad


def test_data_holds_no_python() -> None:
    assert list((ROOT / "data").rglob("*.py")) == []
