"""Characters that turn the words after them around, so that something else is read than was written."""

MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def without_direction(text: str) -> str:
    return "".join(character for character in text if character not in MARKS)
