"""`bartizan packs install`, `update` and `remove`: which packs are in force."""

from pathlib import Path
from typing import Annotated

import typer

from bartizan.app import App
from bartizan.cli.options import ConfigFile, Data, OutputFormat, open_app
from bartizan.cli.output import Format, stderr
from bartizan.cli.pack_table import tell_restart, tell_update
from bartizan.cli.pack_trust import PackFile
from bartizan.detect.packs.signing import trust
from bartizan.detect.packs.update import Allowed, check_update, install, planned, read_pack, remove, update

Unsigned = Annotated[
    bool, typer.Option("--allow-unsigned", help="Take it also if nobody who is trusted has signed it.")
]
Trust = Annotated[
    Path | None,
    typer.Option("--trust", help="The author's public key, trusted from now on.", metavar="FILE", exists=True),
]


def install_pack(
    pack: PackFile,
    key: Trust = None,
    allow_unsigned: Unsigned = False,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Put a pack in force: its rules run beside those that come with Bartizan.

    Example: bartizan packs install acme.aws-1.2.0.tar.gz --trust acme.pub

    Exit status: 0 done, 1 done but some rules can't be read, 2 it was refused.
    """
    with open_app(data, config) as app:
        _trust(key, app)
        found = install(app.packs, read_pack(app.packs, pack, Allowed(unsigned=allow_unsigned)), app.attack)
        tell_restart(app)
    raise tell_update(found, format)


def update_pack(
    pack: PackFile,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would change.")] = False,
    key: Trust = None,
    allow_unsigned: Unsigned = False,
    allow_downgrade: Annotated[
        bool, typer.Option("--allow-downgrade", help="Take a version that is no newer.")
    ] = False,
    allow_other_signer: Annotated[
        bool, typer.Option("--allow-other-signer", help="Take another trusted signer than before.")
    ] = False,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Put another version of a pack in force. Of rules that you tuned, what the pack alone changed is taken and what
    you alone changed stays; where both did, yours stays in force and `bartizan packs resolve` decides.

    Example: bartizan packs update acme.aws-1.3.0.tar.gz

    Exit status: 0 done, 1 done and there are conflicts, or rules that can't be read, 2 it was refused.
    """
    allowed = Allowed(allow_unsigned, allow_downgrade, allow_other_signer)
    with open_app(data, config) as app:
        _trust(None if dry_run else key, app)
        read = read_pack(app.packs, pack, allowed)
        if dry_run:
            check_update(app.packs, read, allowed)
            raise tell_update(planned(app.packs, read, app.attack), format)
        found = update(app.packs, read, allowed, app.attack)
        tell_restart(app)
    raise tell_update(found, format)


def remove_pack(
    id: Annotated[str, typer.Argument(help="An installed pack.", metavar="ID")],
    with_tuned: Annotated[bool, typer.Option("--with-tuned", help="Remove what you tuned of it too.")] = False,
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Take a pack and its rules away.

    Example: bartizan packs remove acme.aws
    """
    with open_app(data, config) as app:
        remove(app.packs, id, with_tuned=with_tuned)
        tell_restart(app)
    stderr().print(f"{id} is removed", markup=False)


def _trust(file: Path | None, app: App) -> None:
    if file:
        with app.packs.changing():
            trust(file, app.packs.keys)
