"""Runs worked cases: `python -m tests.cases.run FILE [--tasks a,b]`; every task has its adapter in a file of its name.

An adapter is a module `tests/cases/<task>.py` with a function `answer(given)` that feeds `given` to the product and
returns what the product says. It never sees what is expected.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.cases.compare import agrees

CASES_FOLDER = Path(__file__).parent
PUBLIC_CASES = CASES_FOLDER / "back_office_public.json"

# One broken case must not hide the result of the others.
CRASHES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)

Case = Mapping[str, Any]
Adapter = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def read_cases(path: Path) -> list[Case]:
    cases: list[Case] = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    return cases


def has_adapter(task: str) -> bool:
    return task.isidentifier() and (CASES_FOLDER / f"{task}.py").exists()


def failure_of(case: Case) -> str | None:
    """What is wrong with the product's answer to a case; None = nothing."""
    task = case["given"]["task"]
    if not has_adapter(task):
        return f"no adapter for the task {task}: write tests/cases/{task}.py"
    try:
        adapter: Adapter = importlib.import_module(f"tests.cases.{task}").answer
        got = adapter(case["given"])
    except CRASHES as error:
        return f"raised {type(error).__name__}: {error}"
    tolerance = None if case.get("tolerance") is None else Decimal(str(case["tolerance"]))
    wrong = [key for key, expected in case["expect"].items() if not agrees(key, expected, got, tolerance)]
    parts = [f"{key}: expected {case['expect'][key]!r}, got {_got(key, got)!r}" for key in wrong]
    return "; ".join(parts) or None


def _got(key: str, got: Mapping[str, Any]) -> Any:
    return got.get(key, got.get(key.removesuffix("_one_of"), "nothing"))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cases.run", description="Run worked cases.")
    parser.add_argument("file", type=Path, help="a JSON file of cases")
    parser.add_argument("--tasks", help="only these tasks, separated by commas")
    options = parser.parse_args(arguments)
    tasks = set(options.tasks.split(",")) if options.tasks else None
    cases = [case for case in read_cases(options.file) if tasks is None or case["given"]["task"] in tasks]
    failures = {case["id"]: failure for case in cases if (failure := failure_of(case)) is not None}
    for case_id, failure in failures.items():
        sys.stdout.write(f"{case_id} {failure}\n")
    sys.stdout.write(f"{len(cases) - len(failures)} passed, {len(failures)} failed\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
