"""What Tryton says when it does not do what was asked, as our errors: they come with status 200 and an `error`."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from connectors.errors import AuthFailed, ConnectorError, RateLimited, Rejected, Unavailable

LONGEST_QUOTE = 400
# A model, field or method that this server does not have, as Python's KeyError words it.
_UNKNOWN_NAME = re.compile(r"'[\w.]+'")
_NAMED: Mapping[str, type[ConnectorError]] = {
    "UserError": Rejected,
    "UserWarning": Rejected,
    "LoginException": AuthFailed,
    "ConcurrencyException": Unavailable,
    "MissingDependenciesException": Rejected,
}


def read_failure(error: Any) -> ConnectorError:
    """`error` as Tryton sends it: the name of what it raised with its parts, or a sentence with a trace."""
    name, *parts = error if isinstance(error, list) and error else [str(error)]
    said = _sentence(parts[0] if parts else "")
    if name == "RateLimitException":
        return RateLimited("Tryton wants us to ask less often.", 30.0)
    if name == "UserWarning":
        # [name of the warning, sentence, explanation]: a person may pass it, a program should not.
        return Rejected(f"Tryton asks a person to confirm: {_sentence(parts[0][1:] if parts else '')}")
    if name in _NAMED:
        return _NAMED[name](f"Tryton refuses this: {said}")
    if _UNKNOWN_NAME.fullmatch(str(name)):
        return Rejected(
            f"Tryton does not know {name}. Activate the modules that docs/connectors.md names; the release must be 8.2."
        )
    return Unavailable(f"Tryton failed on its side: {str(name)[:LONGEST_QUOTE]}. Its log says more.")


def _sentence(part: Any) -> str:
    texts = [part] if isinstance(part, str) else [each for each in part or () if isinstance(each, str)]
    return " ".join(" ".join(text.split()) for text in texts if text)[:LONGEST_QUOTE]


@contextmanager
def expecting_known_shapes() -> Iterator[None]:
    """Turn what goes wrong when an answer is not made as we know it into one error with a next step."""
    try:
        yield
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, IndexError) as error:
        raise Rejected(
            f"Tryton answered in a shape that is not known here ({type(error).__name__}: {str(error)[:100]}). "
            "Check that it is release 8.2 and that no proxy stands between."
        ) from error
