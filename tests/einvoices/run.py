"""Reads the e-invoices of a manifest and tells where the product differs: `python -m tests.einvoices.run MANIFEST`."""

import argparse
import sys
from pathlib import Path

from tests.einvoices.manifest import ManifestError, failure_of, read_manifest


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.einvoices.run", description="Compare e-invoices.")
    parser.add_argument("manifest", type=Path, help="a CSV file in the format of cases/einvoice/manifest.csv")
    parser.add_argument("folder", type=Path, nargs="?", help="where its files lie; else beside the manifest")
    options = parser.parse_args(arguments)
    folder: Path = options.folder or options.manifest.parent
    try:
        rows = read_manifest(options.manifest)
    except (ManifestError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"The manifest cannot be read: {error}\n")
        return 2
    failed = 0
    for row in rows:
        failure = failure_of(row, folder)
        if failure is not None:
            failed += 1
            sys.stdout.write(f"{row['file']} {failure}\n")
    sys.stdout.write(f"{len(rows) - failed} passed, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
