"""How packs, their changes and conflicts are shown."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
import typer

from bartizan.app import App
from bartizan.cli.output import Format, print_rows, stderr, tell_left_out, visible
from bartizan.cli.remote import live_server
from bartizan.detect.packs.loaded import LoadedPack
from bartizan.detect.packs.merge import MergedField
from bartizan.detect.packs.update import RuleChange, Update

FIELD_COLUMNS = ("field", "outcome", "base", "yours", "theirs")
_PRESENT = ("base", "yours", "theirs", "value")


def tell_update(update: Update, format: Format) -> typer.Exit:
    """Print what a version changes, field by field, and give how to end: 1 if conflicts wait."""
    tell_left_out(update.problems)
    rows = [row for change in update.changes for row in _change_rows(change)]
    is_long = format is Format.TABLE and update.before is None
    print_fields([row for row in rows if row["field"] or not is_long], format)
    counts = {kind: sum(one.change == kind for one in update.changes) for kind in ("new", "changed", "removed")}
    stays = sum(one.change == "stays" for one in update.changes)
    told = f"{counts['new']:,} rules new, {counts['changed']:,} changed, {counts['removed']:,} removed"
    if stays:
        told += f", {stays:,} that the pack has no more stay because they are tuned"
    manifest, before = update.pack.manifest, f" (from {update.before})" if update.before else ""
    stderr().print(f"{manifest.id} {manifest.version}{before}: {told}", markup=False)
    tell_conflicts(update.conflicts)
    return typer.Exit(1 if update.conflicts or update.problems else 0)


def print_fields(rows: Sequence[Mapping[str, Any]], format: Format) -> None:
    """Print fields that differ: for people below the rule that each is of, for programs a row for each."""
    if format is not Format.TABLE:
        print_rows(rows, ("rule", "id", "change", *FIELD_COLUMNS), format)
        return
    for _, of_rule in groupby(rows, key=itemgetter("id")):
        fields = list(of_rule)
        sys.stdout.write(visible("{rule}  {id}  {change}".format_map(fields[0])) + "\n")
        if fields[0]["field"]:
            print_rows(map(_for_people, fields), FIELD_COLUMNS, format)


def tell_conflicts(count: int) -> None:
    """That conflicts wait, and what to do about them."""
    if count:
        told = f"{count:,} fields are in conflict: yours stay in force until `bartizan packs resolve RULE`"
        stderr().print(told, markup=False)


def tuned_rows(pack: LoadedPack) -> Iterator[dict[str, Any]]:
    """A row for each field of a tuned rule that differs, with all values."""
    for one in pack.rules:
        rule = {"pack": pack.manifest.id, "id": one.rule.id, "rule": one.rule.name}
        if one.tuned is None:
            continue
        if one.theirs is None:
            yield {**rule, "change": "stays", "field": None, "outcome": None}
        problem = {"problem": str(one.problem)} if one.problem else {}
        yield from ({**rule, "change": "tuned", **problem, **row} for row in field_rows(one.fields))


def field_rows(fields: Iterable[MergedField]) -> Iterator[dict[str, Any]]:
    """A row for each field."""
    for one in fields:
        values = {name: getattr(one, name) for name in _PRESENT}
        yield {"field": one.field, "outcome": one.outcome, **values}


def tell_restart(app: App) -> None:
    """A server that runs has read its rules."""
    if server := live_server(app.config):
        stderr().print(f"the server at {visible(server.url)} takes it when it is started again", markup=False)


def _for_people(row: Mapping[str, Any]) -> dict[str, Any]:
    """Tables and lists of them as JSON."""
    return {key: _text(value) if isinstance(value, Mapping | list) else value for key, value in row.items()}


def _text(value: Any) -> Any:
    are_texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return value if are_texts else orjson.dumps(value, default=str).decode()


def _change_rows(change: RuleChange) -> Iterator[Mapping[str, Any]]:
    rule = {"rule": change.name, "id": change.id, "change": change.change, "tuned": change.is_tuned}
    problem = {"problem": str(change.problem)} if change.problem else {}
    if change.problem:
        stderr().print(f"not merged: {visible(str(change.problem))}", markup=False)
    rows = [{**rule, **problem, **row} for row in field_rows(change.fields)]
    yield from rows or [{**rule, **problem, "field": None, "outcome": None}]
