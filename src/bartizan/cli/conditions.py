"""An exception as it is written on a command line, one condition a text, or in a file as the API takes it."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from bartizan.detect.exceptions import OPERATORS

MAX_FILE_BYTES = 1_000_000
_MEMBERS = ("name", "conditions", "os", "expires_at", "rules")
_SHAPE = "FIELD [not] OPERATOR [VALUE...]"


def condition_of(text: str) -> dict[str, Any]:
    """A condition, `source.ip not in_cidr 10.0.0.0/8`, as the API has it. Raises `BadParameter`."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise typer.BadParameter(f"can't read `{text}`: {error}") from error
    negate = len(words) > 1 and words[1] == "not"
    field, operator, *values = [*words[:1], *words[2 if negate else 1 :], "", ""][: max(len(words) - negate, 2)]
    known = [one for one in OPERATORS if one != "nested"]
    if not field or operator not in known:
        raise typer.BadParameter(f"`{text}` is no condition: write {_SHAPE}, with one of {', '.join(known)}")
    return {"field": field, "operator": operator, "values": values, "negate": negate}


def exception_in(file: Path | None, when: Sequence[str]) -> dict[str, Any]:
    """The exception that a file has, a JSON object as `POST /exception-lists/{id}/entries` takes it, or that the
    conditions make; nothing without either. Raises `BadParameter`."""
    if file is None:
        return {"conditions": [condition_of(one) for one in when]} if when else {}
    if when:
        raise typer.BadParameter("give --file or --when")
    try:
        with file.open("rb") as opened:
            found = json.loads(opened.read(MAX_FILE_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise typer.BadParameter(f"can't read {file}: {error}") from error
    if not isinstance(found, dict) or not found.get("conditions"):
        raise typer.BadParameter(f"{file} holds no exception: an object with `name` and `conditions`")
    if unknown := sorted(found.keys() - {*_MEMBERS}):
        raise typer.BadParameter(f"an exception has no `{unknown[0]}`, it has {', '.join(_MEMBERS)}")
    return found
