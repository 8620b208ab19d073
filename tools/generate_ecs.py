"""Writes the ECS registry's data file from a CSV of ECS fields (`field,type,level,normalization,indexed`).

Usage: python tools/generate_ecs.py FIELDS.csv. It keeps facts only: name, type, whether it is an array.
"""

import csv
import itertools
import sys
from collections.abc import Iterable
from pathlib import Path

TARGET = Path(__file__).parent.parent / "src" / "bartizan" / "ecs" / "fields.csv"


def registry_rows(rows: Iterable[dict[str, str]]) -> list[tuple[str, str, int]]:
    """The registry's rows, sorted by name; a name that occurs twice is an error: one of the two would be lost."""
    facts = sorted((row["field"], row["type"], int(row["normalization"] == "array")) for row in rows)
    names = [name for name, _, _ in facts]
    twice = {name for name, following in itertools.pairwise(names) if name == following}
    if twice:
        raise SystemExit(f"fields that occur twice: {', '.join(sorted(twice))}")
    return facts


def main(source: Path) -> None:
    """Reads `source` and replaces the data file."""
    with source.open(encoding="utf-8", newline="") as file:
        facts = registry_rows(csv.DictReader(file))
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("field", "type", "array"))
        writer.writerows(facts)
    print(f"{len(facts)} fields written to {TARGET}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
