"""Limits of narrower scopes: supplier and item, supplier, item, group, company; the first that is set wins."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.invoices.scoped_limits import read_scopes, write_scopes
from automations.rules.matching.policy import MatchingPolicy, MatchLevel
from automations.rules.matching.scopes import Scope, scoped_policy

KINDS = ("price_tolerance_pct", "quantity_tolerance_abs", "tax_tolerance_pct")
SETTINGS = st.dictionaries(st.sampled_from(KINDS), st.one_of(st.none(), st.integers(0, 9)), max_size=3)
NAMES = st.one_of(st.none(), st.sampled_from("AB"))
SCOPES = st.lists(st.builds(Scope, SETTINGS, supplier=NAMES, item=NAMES, item_group=NAMES), max_size=6)


def first_set(
    kind: str, supplier: str, item: str, group: str, scopes: list[Scope], company: Mapping[str, object]
) -> object:
    """The rule once more, by asking for each rank in its order."""
    ranked = sorted(scopes, key=lambda scope: (scope.supplier is None, scope.item is None, scope.item_group is None))
    for scope in ranked:
        fits = scope.supplier in (None, supplier) and scope.item in (None, item) and scope.item_group in (None, group)
        if fits and kind in scope.settings:
            return scope.settings[kind]
    return company.get(kind, "not set")


@given(SCOPES, SETTINGS, st.sampled_from("AB"), st.sampled_from("AB"), st.sampled_from("AB"))
def test_of_each_kind_the_narrowest_scope_that_sets_it_counts(
    scopes: list[Scope], company: Mapping[str, object], supplier: str, item: str, group: str
) -> None:
    policy = scoped_policy(company, scopes).narrowed(supplier, item, group)
    for kind, tolerance in zip(KINDS, (policy.price, policy.quantity, policy.tax), strict=True):
        expected = first_set(kind, supplier, item, group, scopes, company)
        part = tolerance.percent if kind.endswith("pct") else tolerance.absolute
        if expected == "not set":
            assert tolerance.limit_for(Decimal(100)) == 0
        else:
            assert part == (None if expected is None else Decimal(str(expected)))


def test_without_narrower_scopes_the_company_policy_is_asked_for_nothing() -> None:
    policy = scoped_policy({"level": "2-way"}, [Scope({"price_tolerance_pct": 3})])
    assert policy.narrower is None
    assert policy.narrowed("A", "B", "C") is policy
    assert policy == MatchingPolicy.from_settings({"price_tolerance_pct": 3}, {"level": "2-way"})


def test_the_supplier_is_the_same_however_its_capitals_and_spaces_are() -> None:
    policy = scoped_policy({}, [Scope({"level": "4-way"}, supplier="ACME  S.R.O.")])
    assert policy.narrowed("Acme s.r.o.").level is MatchLevel.FOUR_WAY
    assert policy.narrowed("Acme").level is MatchLevel.THREE_WAY


def test_a_wrong_setting_of_any_scope_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        scoped_policy({}, [Scope({"price_tolerance_pct": -1}, supplier="A")])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["company", "supplier=A: b", "item=X", "supplier=A | item=X", "group=G", "supplier=A | group=G"]
            ),
            st.sampled_from(
                ["level=2-way", "price_tolerance_percent=none", "tax_tolerance_absolute=0.05, level=4-way"]
            ),
        ),
        max_size=5,
    )
)
def test_what_is_written_is_read_back_the_same(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(f" {place} :  {settings} " for place, settings in lines)
    written = write_scopes(text)
    assert read_scopes(written) == read_scopes(text)
    assert write_scopes(written) == written


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    try:
        scopes = read_scopes(text)
    except ValueError as error:
        sentence = str(error)
    else:
        scoped_policy({}, scopes)
        sentence = "line "
    assert sentence.startswith("line ")
