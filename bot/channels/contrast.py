"""How well one colour is read on another (WCAG 2.2, 1.4.3)."""

READABLE = 4.5
# Where the share of a colour in light stops growing evenly (IEC 61966-2-1).
_EVEN_UNTIL = 0.04045


def contrast_of(colour: str, other: str) -> float:
    """The ratio of two colours written as #rrggbb: 1 for the same, 21 for black and white."""
    lighter, darker = sorted((_luminance(colour), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_light(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _light(share: float) -> float:
    lit: float = share / 12.92 if share <= _EVEN_UNTIL else ((share + 0.055) / 1.055) ** 2.4
    return lit
