"""How a process that we started behaves: it ends when we do, and stays out of the way where it is told to.

Runs in Rasa's own Python 3.10 environment.
"""

import ctypes
import os
import signal
import sys
import threading

ENDS_WITH_PARENT = "--ends-with-parent"
GENTLY = "--gently"
PR_SET_PDEATHSIG = 1  # linux/prctl.h
POLITENESS = 10  # of 19: customers' messages go first


def follow_options(options: list[str]) -> list[str]:
    """Do what the options of a child say; returns the other ones."""
    if ENDS_WITH_PARENT in options:
        be_killed_with_parent()
        threading.Thread(target=_end_with_parent, daemon=True).start()
    if GENTLY in options:
        os.nice(POLITENESS)
    return [option for option in options if option not in {ENDS_WITH_PARENT, GENTLY}]


def _end_with_parent() -> None:
    """The parent holds the other end of our standard input: when it is gone, however it died, so are we."""
    # Not sys.stdin: a thread that waits in it keeps a lock which Python wants at its own end.
    while os.read(0, 1024):
        pass
    os._exit(0)


def be_killed_with_parent() -> None:
    """Ask Linux to do it: a frozen process notices nothing by itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
