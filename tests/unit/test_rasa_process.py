"""Watching our Rasa process: what dies is started again, and what is stopped stays stopped."""

import os
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from bot.rasa import process as rasa_process
from bot.rasa.process import RasaLaunch, RasaProcess

WAIT_SECONDS = 10
ENDS_AT_ONCE = [sys.executable, "-c", ""]
# As our Rasa does: it ends when its standard input is closed.
ENDS_WITH_PARENT = [sys.executable, "-c", "import sys; sys.stdin.read()"]


class StoppedWhileStartingAgain(RasaLaunch):
    """Its first process dies at once; while the second one is being started, somebody stops it."""

    watched: RasaProcess
    stopper: Thread
    calls = 0
    is_starting_again = Event()

    def command(self) -> list[str]:
        kind = type(self)
        kind.calls += 1
        if kind.calls == 1:
            return ENDS_AT_ONCE
        kind.stopper = Thread(target=kind.watched.stop)
        kind.stopper.start()
        kind.stopper.join(0.2)  # a stop that does not wait for the start is through by then
        kind.is_starting_again.set()
        return ENDS_WITH_PARENT

    def environment(self) -> dict[str, str]:
        return dict(os.environ)


def test_a_stop_while_it_is_started_again_leaves_no_process_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rasa_process, "RESTART_SECONDS", 0)
    kind = StoppedWhileStartingAgain
    kind.watched = RasaProcess(kind(tmp_path, "127.0.0.1", 1, "", "", "", tmp_path / "rasa.log"))
    kind.watched.start()
    assert kind.is_starting_again.wait(WAIT_SECONDS)
    kind.stopper.join(WAIT_SECONDS)
    kind.watched._watcher.join(3)  # it watches as long as there is a process
    is_left_behind = kind.watched._watcher.is_alive()
    if is_left_behind:
        kind.watched.stop()
    assert not is_left_behind
