"""`bartizan packs`: rules that come together, with a version and a signature, and stay tuned through updates."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bartizan.app import App
from bartizan.cli.options import ConfigFile, Data, OutputFormat, open_app
from bartizan.cli.output import Format, print_rows, tell_left_out
from bartizan.cli.pack_author import build, keygen
from bartizan.cli.pack_table import print_fields, tell_update, tuned_rows
from bartizan.cli.pack_trust import list_keys, trust_key, verify
from bartizan.cli.pack_tuning import customise, reset_rule, resolve_conflicts
from bartizan.cli.pack_update import install_pack, remove_pack, update_pack
from bartizan.detect.packs.errors import UnknownPack
from bartizan.detect.packs.loaded import LoadedPack, Packs, load_packs
from bartizan.detect.packs.update import Allowed, planned, read_pack

packs = typer.Typer(help="Packs of rules: signed, versioned, tuned.", no_args_is_help=True)
for command in (keygen, build, verify, customise):
    packs.command()(command)
packs.command("trust")(trust_key)
packs.command("keys")(list_keys)
packs.command("install")(install_pack)
packs.command("update")(update_pack)
packs.command("remove")(remove_pack)
packs.command("resolve")(resolve_conflicts)
packs.command("reset")(reset_rule)

_COLUMNS = ("id", "name", "version", "signer", "rules", "tuned", "conflicts", "problem")


@packs.command("list")
def list_packs(data: Data = None, config: ConfigFile = None, format: OutputFormat = Format.TABLE) -> None:
    """List the installed packs: version, who signed each, its rules, those that are tuned, conflicts to resolve.

    Example: bartizan packs list

    Exit status: 0 all are in force, 1 one is not, or rules of one can't be read (the reason is printed).
    """
    with open_app(data, config) as app:
        found = load_packs(app.packs, app.attack)
        rows = [*map(_row, found.loaded), *(_failed_row(id, found, app) for id in found.failed)]
    problems = [*found.bad_keys, *(problem for pack in found.loaded for problem in pack.problems)]
    tell_left_out(problems)
    print_rows(rows, _COLUMNS, format)
    raise typer.Exit(1 if found.failed or problems else 0)


@packs.command()
def diff(
    id: Annotated[str | None, typer.Argument(help="An installed pack; else all of them.", metavar="ID")] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Another version: what updating to it would change.", metavar="PACK", exists=True),
    ] = None,
    allow_unsigned: Annotated[bool, typer.Option("--allow-unsigned", help="Read it also if nobody signed it.")] = False,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Show where tuned rules differ from their pack: what the pack said, what you say, what it says now, what is in
    force. With --to, what another version would change; nothing is written.

    Example: bartizan packs diff acme.aws
    Example: bartizan packs diff --to acme.aws-1.3.0.tar.gz

    Exit status: 0 there is no conflict, 1 there is one.
    """
    with open_app(data, config) as app:
        if to:
            pack = read_pack(app.packs, to, Allowed(unsigned=allow_unsigned))
            raise tell_update(planned(app.packs, pack, app.attack), format)
        found = load_packs(app.packs, app.attack)
    tell_left_out(found.problems)
    chosen = [pack for pack in found.loaded if id in (None, pack.manifest.id)]
    if id and not chosen:
        raise UnknownPack(f"there is no installed pack `{id}` in force", hint="`bartizan packs list` shows them")
    print_fields([row for pack in chosen for row in tuned_rows(pack)], format)
    raise typer.Exit(1 if any(pack.conflicts for pack in chosen) else 0)


def _row(pack: LoadedPack) -> dict[str, Any]:
    return {
        "id": pack.manifest.id,
        "name": pack.manifest.name,
        "version": pack.manifest.version.text,
        "author": pack.manifest.author,
        "description": pack.manifest.description,
        "signer": pack.signer.name if pack.signer else None,
        "rules": len(pack.rules),
        "tuned": sum(one.tuned is not None for one in pack.rules),
        "conflicts": pack.conflicts,
        "problem": None,
    }


def _failed_row(id: str, found: Packs, app: App) -> dict[str, Any]:
    return {"id": id, "version": app.packs.version_text(id), "rules": 0, "problem": str(found.failed[id])}
