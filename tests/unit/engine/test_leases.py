"""Knowing which engine processes are alive, by files that are locked."""

import subprocess
import sys
from pathlib import Path

from automations.engine.leases import FileLeases

HOLD = "import sys; from pathlib import Path; from automations.engine.leases import FileLeases; "
HOLD += "FileLeases(Path(sys.argv[1])).hold('other'); print('held', flush=True); sys.stdin.read()"


def test_a_process_is_alive_as_long_as_it_holds_its_lock(tmp_path: Path) -> None:
    mine, other = FileLeases(tmp_path), FileLeases(tmp_path)
    mine.hold("mine")
    assert not other.is_dead("mine")
    mine.release()
    assert other.is_dead("mine")


def test_a_killed_process_is_dead_at_once(tmp_path: Path) -> None:
    leases = FileLeases(tmp_path)
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert not leases.is_dead("other")
        process.kill()
    assert leases.is_dead("other")


def test_files_of_dead_processes_do_not_pile_up(tmp_path: Path) -> None:
    (tmp_path / "long-gone.lock").touch()
    leases = FileLeases(tmp_path)
    leases.hold("mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.lock"]
    leases.release()
    assert list(tmp_path.iterdir()) == []
