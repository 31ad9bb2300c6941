"""The buttons by which a customer rates us."""

from bot.texts import Button

WORST, BEST = 1, 5


def star_buttons(stretch: int | None = None) -> tuple[Button, ...]:
    """Five buttons, the best first; with a `stretch` (a bot session) they rate that one, whenever they are pressed."""
    of_stretch = "" if stretch is None else f',"stretch":"{stretch}"'
    return tuple(
        Button("★" * score + "☆" * (BEST - score), f'/feedback{{"rating":"{score}"{of_stretch}}}')
        for score in range(BEST, WORST - 1, -1)
    )
