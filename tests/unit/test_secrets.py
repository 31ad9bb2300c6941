"""Secrets at rest can be read with our keys, present and past, and by nobody else."""

import pytest

from connectors.secrets import Secrets, SecretUnreadableError

OLD, NEW, FOREIGN = "o" * 32, "n" * 32, "f" * 32
TEXT = "whsec_pürring cat"


def test_what_was_sealed_can_be_opened_and_shows_nothing_of_itself() -> None:
    sealed = Secrets(NEW).seal(TEXT)
    assert Secrets(NEW).open(sealed) == TEXT
    assert "cat" not in sealed
    assert NEW not in sealed
    assert Secrets(NEW).seal(TEXT) != sealed


def test_after_a_change_of_the_key_the_old_one_still_opens() -> None:
    sealed = Secrets(OLD).seal(TEXT)
    both = Secrets(NEW, [OLD])
    assert both.open(sealed) == TEXT
    assert not both.is_current(sealed)
    assert Secrets(NEW).open(both.seal(both.open(sealed))) == TEXT


@pytest.mark.parametrize("broken", ["", "no dot", "00000000.abc", "."])
def test_what_is_not_ours_cannot_be_opened(broken: str) -> None:
    with pytest.raises(SecretUnreadableError, match="TWINOFFICE_PREVIOUS_SECRET_KEYS"):
        Secrets(NEW).open(broken)


def test_a_secret_of_another_installation_or_one_that_was_changed_cannot_be_opened() -> None:
    sealed = Secrets(FOREIGN).seal(TEXT)
    with pytest.raises(SecretUnreadableError):
        Secrets(NEW, [OLD]).open(sealed)
    ours = Secrets(NEW).seal(TEXT)
    with pytest.raises(SecretUnreadableError):
        Secrets(NEW).open(ours[:-6] + "AAAAA=")
