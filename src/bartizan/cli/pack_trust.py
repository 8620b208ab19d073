"""`bartizan packs trust`, `keys` and `verify`: whose packs are taken."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bartizan.cli.options import ConfigFile, Data, OutputFormat, open_app
from bartizan.cli.output import Format, print_rows, stderr, tell_left_out
from bartizan.detect.packs.errors import PackError
from bartizan.detect.packs.pack import Pack, open_pack, rule_files
from bartizan.detect.packs.signing import PublicKey, load_public_key, trust

PackFile = Annotated[
    Path, typer.Argument(help="An archive (.tar.gz) or a folder that was built.", metavar="PACK", exists=True)
]
KeyFiles = Annotated[
    list[Path] | None,
    typer.Option("--key", help="A public key that counts too, this once.", metavar="FILE", exists=True),
]
_KEY_COLUMNS = ("name", "fingerprint")


def trust_key(
    files: Annotated[
        list[Path], typer.Argument(help="Public keys of authors.", metavar="FILE...", exists=True, dir_okay=False)
    ],
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Trust keys: packs that they have signed can be installed. Compare the fingerprint with what the author says.

    Removing the file from packs/keys in the data folder takes it back; its packs are then not in force.

    Example: bartizan packs trust acme.pub
    """
    with open_app(data, config) as app, app.packs.changing():
        keys = [trust(file, app.packs.keys) for file in files]
    print_rows(map(_key_row, keys), _KEY_COLUMNS, format)


def list_keys(data: Data = None, config: ConfigFile = None, format: OutputFormat = Format.TABLE) -> None:
    """List the keys that are trusted.

    Example: bartizan packs keys
    """
    with open_app(data, config) as app:
        keyring = app.packs.keyring()
    tell_left_out(keyring.problems)
    print_rows(map(_key_row, keyring.keys), _KEY_COLUMNS, format)
    raise typer.Exit(1 if keyring.problems else 0)


def verify(
    pack: PackFile,
    key: KeyFiles = None,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Tell who has signed a pack, and whether every file is as its manifest says. Nothing is installed.

    Example: bartizan packs verify acme.aws-1.2.0.tar.gz --key acme.pub

    Exit status: 0 it is whole and signed by a key that is trusted, 1 it is not.
    """
    with open_app(data, config) as app:
        keys = [*map(load_public_key, key or ()), *app.packs.keyring().keys]
    try:
        found = open_pack(pack, keys, allow_unsigned=True)
    except PackError as error:
        row: dict[str, Any] = {"pack": str(pack), "whole": False, "signer": None, "problem": str(error)}
        print_rows([row], ("pack", "whole", "signer", "problem"), format)
        raise typer.Exit(1) from error
    print_rows([_verified_row(found)], ("id", "version", "author", "rules", "whole", "signer", "fingerprint"), format)
    if found.signer is None:
        claimed = f"it says that it is signed by {found.manifest.signed_by}, " if found.manifest.signed_by else ""
        stderr().print(f"{claimed}no key that is trusted has signed it", markup=False)
    raise typer.Exit(0 if found.signer else 1)


def _verified_row(pack: Pack) -> dict[str, Any]:
    manifest = pack.manifest
    return {
        "id": manifest.id,
        "name": manifest.name,
        "version": manifest.version.text,
        "author": manifest.author,
        "rules": len(list(rule_files(pack))),
        "whole": True,
        "signer": pack.signer.name if pack.signer else None,
        "fingerprint": pack.signer.fingerprint if pack.signer else None,
        "digest": pack.digest,
    }


def _key_row(key: PublicKey) -> dict[str, Any]:
    return {"name": key.name, "fingerprint": key.fingerprint}
