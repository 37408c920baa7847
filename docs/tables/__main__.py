"""`python -m docs.tables [RECORDS]`: write the tables of README and docs anew, and say what changed."""

import argparse
from pathlib import Path

from bench.errors import BenchError
from docs.tables.board import board_of
from docs.tables.catalog import DOCUMENTS, HOME, RECORDS, rendered


def main() -> None:
    """Write every document whose tables are not those of the records."""
    parser = argparse.ArgumentParser(prog="python -m docs.tables", description=__doc__)
    parser.add_argument("records", nargs="?", type=Path, default=RECORDS, help=f"default: {RECORDS.relative_to(HOME)}")
    try:
        board = board_of(parser.parse_args().records)
    except (BenchError, ValueError) as error:
        parser.error(str(error))
    for path in DOCUMENTS:
        old = path.read_text(encoding="utf-8")
        new = rendered(old, board)
        path.write_text(new, encoding="utf-8")
        print(f"{path.relative_to(HOME)}: {'as it was' if new == old else 'written'}")


if __name__ == "__main__":
    main()
