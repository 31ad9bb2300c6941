"""A web process asks for as many open files as it may have: each widget needs one."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
soft, hard = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from bot.server import allow_many_connections
allow_many_connections()
sys.stdout.write(str(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))
"""


@pytest.mark.parametrize(("soft", "hard", "then"), [(256, 4096, 4096), (4096, 4096, 4096)])
def test_the_limit_of_a_shell_is_raised_as_far_as_it_may_be(soft: int, hard: int, then: int) -> None:
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(soft), str(hard)], capture_output=True, text=True, check=True
    )
    assert int(told.stdout) == then
