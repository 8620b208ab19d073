"""`bartizan packs customise`, `resolve` and `reset`: rules of packs as you want them."""

import tomllib
from typing import Annotated, Any

import typer

from bartizan.cli.options import ConfigFile, Data, OutputFormat, open_app
from bartizan.cli.output import Format, print_rows, stderr
from bartizan.cli.pack_table import field_rows, print_fields, tell_conflicts, tell_restart
from bartizan.detect.packs.customise import Side, Value, found_rule, reset, resolve
from bartizan.detect.packs.customise import customise as customised

RuleId = Annotated[str, typer.Argument(help="Id of a pack's rule.", metavar="RULE")]


def customise(
    rule: RuleId,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="A key of the rule and its value; of a table, table.key.", metavar="KEY=VALUE"),
    ] = None,
    unset: Annotated[list[str] | None, typer.Option("--unset", help="A key to take away.", metavar="KEY")] = None,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Tune a rule of a pack: a copy of its file is made for you to edit, and updates of the pack are merged into it.

    The copy is in packs/tuned in the data folder, one file a rule; that folder can be a git checkout. Values are TOML:
    a list is '["a"]', a text may stand without quotes.

    Example: bartizan packs customise r-1 --set severity=low --set suppress.by='["user.name"]'
    """
    changes = {**dict(map(_pair, values or ())), **dict.fromkeys(unset or ())}
    with open_app(data, config) as app:
        file = customised(app.packs, rule, changes, app.attack)
        _, found = found_rule(app.packs, rule, app.attack)
        tell_restart(app)
    row = {"id": rule, "rule": found.rule.name, "conflicts": len(found.conflicts), "file": str(file)}
    print_rows([row], ("id", "rule", "conflicts", "file"), format)
    tell_conflicts(len(found.conflicts))


def resolve_conflicts(
    rule: RuleId,
    take: Annotated[str, typer.Option("--take", help="A side, or a value as TOML.", metavar="mine|theirs|VALUE")],
    field: Annotated[
        list[str] | None, typer.Option("--field", help="Of several conflicts, which; else all.", metavar="FIELD")
    ] = None,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Decide what a rule says where you and its pack have changed the same. `bartizan packs diff` shows the conflicts.

    Example: bartizan packs resolve r-1 --take theirs
    Example: bartizan packs resolve r-1 --field severity --take medium
    """
    with open_app(data, config) as app:
        chosen = Side(take) if take in set(Side) else Value(_value(take))
        decided = resolve(app.packs, rule, chosen, field or (), app.attack)
        _, found = found_rule(app.packs, rule, app.attack)
        tell_restart(app)
    rows = [{"id": rule, "rule": found.rule.name, "change": "resolved", **row} for row in field_rows(decided)]
    print_fields(rows, format)
    left = f", {len(found.conflicts)} left" if found.conflicts else ""
    stderr().print(f"{len(decided)} conflicts resolved{left}", markup=False)


def reset_rule(rule: RuleId, data: Data = None, config: ConfigFile = None) -> None:
    """Give up what you tuned of a rule: it is as its pack has it.

    Example: bartizan packs reset r-1
    """
    with open_app(data, config) as app:
        reset(app.packs, rule, app.attack)
        tell_restart(app)
    stderr().print(f"rule {rule} is as its pack has it", markup=False)


def _pair(said: str) -> tuple[str, Any]:
    key, separator, value = said.partition("=")
    if not separator:
        raise typer.BadParameter(f"`{said}` has no `=`", param_hint="--set")
    return key.strip(), _value(value)


def _value(said: str) -> Any:
    """What a text says in TOML; a text that is no TOML is itself."""
    try:
        return tomllib.loads(f"value = {said}")["value"]
    except (ValueError, RecursionError):
        return said
