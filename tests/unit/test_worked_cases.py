"""Every worked case of a task that has an adapter comes out exactly as the case says."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cases.compare import agrees
from tests.cases.run import PUBLIC_CASES, Case, failure_of, has_adapter, main, read_cases

CASES = [case for case in read_cases(PUBLIC_CASES) if has_adapter(case["given"]["task"])]


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']} {case['title']}" for case in CASES])
def test_the_product_answers_the_worked_case(case: Case) -> None:
    failure = failure_of(case)
    assert failure is None, f"{case['id']} {failure}; because: {case['why']}"


def test_a_wrong_answer_a_broken_case_and_an_unknown_task_all_count_as_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbered: dict[str, Any] = {"task": "check_duplicate", "existing": []}
    invoice = {"supplier": "S1", "number": "1", "date": "2026-03-10", "total": 1}
    file = tmp_path / "cases.json"
    file.write_text(
        json.dumps(
            [
                {"id": "right", "given": numbered | {"invoice": invoice}, "expect": {"flagged": False}},
                {"id": "wrong", "given": numbered | {"invoice": invoice}, "expect": {"flagged": True}},
                {"id": "broken", "given": numbered, "expect": {"flagged": False}},
                {"id": "unknown", "given": {"task": "make_coffee"}, "expect": {}},
            ]
        )
    )

    exit_code = main([str(file)])

    *failures, summary = capsys.readouterr().out.splitlines()
    assert [failure.split()[0] for failure in failures] == ["wrong", "broken", "unknown"]
    assert failures[0] == "wrong flagged: expected True, got False"
    assert (summary, exit_code) == ("1 passed, 3 failed", 1)
    assert main([str(file), "--tasks", "no_such_task,other"]) == 0
    assert capsys.readouterr().out == "0 passed, 0 failed\n"


@pytest.mark.parametrize(
    ("key", "expected", "answer", "tolerance", "is_right"),
    [
        ("total", Decimal("0.10"), Decimal("0.1"), None, True),
        ("total", 1, Decimal("1.01"), None, False),
        ("total", 1, Decimal("1.01"), Decimal("0.01"), True),
        ("flagged", True, 1, None, False),
        ("reasons", ["A", "B"], ["B", "A"], None, True),
        ("reasons", ["A"], ["A", "B"], None, False),
        ("runs", ["A", "B"], ["B", "A"], None, False),
        ("runs", ["2026-06-01T10:00:00+02:00"], ["2026-06-01T08:00:00+00:00"], None, True),
        ("runs", ["2026-06-01T10:00:00+02:00"], ["2026-06-01T10:00:00"], None, False),
        ("slips", [{"net": 5}], [{"net": Decimal(5), "employee": "E1"}], None, True),
        ("dates", [None], ["2026-06-01"], None, False),
    ],
)
def test_an_answer_is_compared_by_its_meaning(
    key: str, expected: object, answer: object, tolerance: Decimal | None, is_right: bool
) -> None:
    assert agrees(key, expected, {key: answer}, tolerance) is is_right


def test_any_of_several_right_answers_will_do() -> None:
    assert agrees("run_at_one_of", ["A", "B"], {"run_at": "B"}, None)
    assert not agrees("run_at_one_of", ["A", "B"], {"run_at": "C"}, None)
    assert not agrees("run_at_one_of", ["A", "B"], {}, None)
