"""How often an agent's page is rendered while everybody writes."""

import pytest

from bot.staff.inbox_live import GATHERING_SECONDS, MAX_REST_SECONDS, pause_before_next


@pytest.mark.parametrize(
    ("took", "since", "pause"),
    [
        pytest.param(0.001, 0.0, GATHERING_SECONDS, id="what renders quickly only gathers"),
        pytest.param(0.04, 0.0, 0.36, id="nine times as long as it took"),
        pytest.param(0.04, 0.1, 0.26, id="the time since then counts"),
        pytest.param(0.04, 60.0, GATHERING_SECONDS, id="after a quiet minute news come at once"),
        pytest.param(5.0, 0.0, MAX_REST_SECONDS, id="nobody waits longer than this"),
    ],
)
def test_a_page_leaves_most_of_the_time_to_customers(took: float, since: float, pause: float) -> None:
    assert pause_before_next(took, since) == pytest.approx(pause)
