"""Parameters of a job: what is accepted, what is filled in, and what is said about wrong ones."""

from decimal import Decimal
from typing import Any

import pytest

from automations.engine.job import JobDefinition
from automations.engine.parameters import ParameterError, check_parameters, storable_parameters


def test_what_is_not_given_has_its_default(job: JobDefinition) -> None:
    assert check_parameters(job, {}) == {
        "folder": "inbox",
        "days": 30,
        "price": None,
        "strict": False,
        "level": "3-way",
    }


def test_texts_of_a_form_become_typed_values(job: JobDefinition) -> None:
    given = {"folder": "in", "days": "7", "price": "0.10", "strict": "yes", "level": "2-way"}
    values = check_parameters(job, given)
    assert values == {"folder": "in", "days": 7, "price": Decimal("0.10"), "strict": True, "level": "2-way"}
    assert storable_parameters(values)["price"] == "0.10"


def test_stored_parameters_are_read_back_as_they_were(job: JobDefinition) -> None:
    values = check_parameters(job, {"price": "2.50"})
    assert check_parameters(job, storable_parameters(values)) == values


def test_an_empty_field_means_not_set(job: JobDefinition) -> None:
    assert check_parameters(job, {"price": " ", "days": ""}) | {"price": None, "days": None} == check_parameters(
        job, {"price": None, "days": None}
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("days", "0", "Days (days) must be at least 1 days, not 0."),
        ("days", 366, "Days (days) must be at most 365 days, not 366."),
        ("days", "soon", "Days (days) must be a whole number, not 'soon'."),
        ("days", True, "Days (days) must be a whole number, not True."),
        ("price", "-1", "Price tolerance (price) must be at least 0 %, not -1."),
        ("price", 0.1, "Price tolerance (price) must be a number written as text, not 0.1."),
        ("price", "NaN", "Price tolerance (price) must be a number, not 'NaN'."),
        ("strict", "maybe", "Strict (strict) must be yes or no, not 'maybe'."),
        ("level", "5-way", "Level (level) must be one of 2-way, 3-way, not '5-way'."),
        ("folder", 5, "Folder (folder) must be text, not 5."),
        ("colour", "red", "'colour' is not a parameter of match; it has folder, days, price, strict, level."),
    ],
)
def test_a_wrong_parameter_is_named(job: JobDefinition, name: str, value: Any, said: str) -> None:
    with pytest.raises(ParameterError) as refused:
        check_parameters(job, {name: value})
    assert [(problem.name, problem.sentence) for problem in refused.value.problems] == [(name, said)]


def test_every_wrong_parameter_is_named_at_once(job: JobDefinition) -> None:
    with pytest.raises(ParameterError) as refused:
        check_parameters(job, {"days": "0", "colour": "red", "level": "x"})
    assert {problem.name for problem in refused.value.problems} == {"days", "colour", "level"}
