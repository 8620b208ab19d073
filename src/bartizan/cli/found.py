"""How what a search found is printed: events, or sequences of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bartizan.cli.output import Format, print_ndjson, print_rows


def print_found(found: Mapping[str, Any], columns: Sequence[str], format: Format) -> None:
    """Print the answer to a search. For people a sequence is one row for each event, all with its number and what its
    events share; NDJSON has one object for each sequence."""
    groups, table = found["groups"], found.get("table")
    if table is not None:
        names = [one["name"] for one in table["columns"]]
        print_rows([dict(zip(names, row, strict=True)) for row in table["rows"]], names, format)
    elif groups is None:
        print_rows(found["documents"], columns, format)
    elif format is Format.NDJSON:
        print_ndjson(groups)
    else:
        print_rows(_events(groups), ("sequence", "by", *columns), format)


def _events(groups: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, group in enumerate(groups, 1):
        shared = ", ".join("-" if key is None else key for key in group["keys"])
        for event in group["events"]:
            yield {"sequence": number, "by": shared, **event}
