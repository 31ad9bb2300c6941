"""`make bench`: every figure beside something measured in the same run; results go to docs/benchmarks.json."""

import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import channels, connectors, console, engine, matching, payroll, reorder, schedules, turns

RESULTS = Path(__file__).parents[2] / "docs" / "benchmarks.json"
BENCHES = {
    "turns": turns.measure,
    "channels": channels.measure,
    "matching": matching.measure,
    "payroll": payroll.measure,
    "reorder": reorder.measure,
    "engine": engine.measure,
    "schedules": schedules.measure,
    "console": console.measure,
    "connectors": connectors.measure,
}


def main(names: list[str]) -> None:
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in names or list(BENCHES):
        sys.stderr.write(f"{name} …\n")
        results[name] = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds")} | BENCHES[name]()
        sys.stdout.write(json.dumps({name: results[name]}, indent=2) + "\n")
    results["machine"] = {"python": platform.python_version(), "system": platform.platform()}
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
