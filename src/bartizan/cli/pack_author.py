"""`bartizan packs keygen` and `build`: what the author of a pack does."""

from pathlib import Path
from typing import Annotated

import typer

from bartizan.cli.options import ConfigFile, OutputFormat, open_app
from bartizan.cli.output import Format, print_rows, stderr
from bartizan.detect.packs.build import ARCHIVE_SUFFIX, write_pack
from bartizan.detect.packs.build import build as built
from bartizan.detect.packs.errors import PackError
from bartizan.detect.packs.pack import rule_files
from bartizan.detect.packs.signing import load_signing_key, new_keys


def keygen(
    name: Annotated[str, typer.Argument(help="Who signs; the files' name.", metavar="NAME")],
    into: Annotated[
        Path, typer.Option("--into", help="Folder for the keys.", metavar="DIR", exists=True, file_okay=False)
    ] = Path(),
    format: OutputFormat = Format.TABLE,
) -> None:
    """Make a pair of keys to sign packs with: NAME.key is secret, NAME.pub is for those who install them.

    Example: bartizan packs keygen acme --into ~/keys
    """
    key = new_keys(name, into)
    row = {"name": name, "fingerprint": key.fingerprint, "folder": str(into)}
    print_rows([row], ("name", "fingerprint", "folder"), format)
    stderr().print(f"keep {name}.key secret; it has no passphrase", markup=False)


def build(
    folder: Annotated[
        Path,
        typer.Argument(help="Folder with pack.toml and the rules.", metavar="FOLDER", exists=True, file_okay=False),
    ],
    key: Annotated[
        Path | None, typer.Option("--key", help="The secret key to sign with.", metavar="FILE", exists=True)
    ] = None,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Sign nothing.")] = False,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            help="Archive to write, *.tar.gz; FOLDER itself writes manifest and signature beside the rules.",
            show_default="ID-VERSION.tar.gz",
            metavar="PATH",
        ),
    ] = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Make a pack of a folder of rules: each is read, every file gets a digest, the whole a signature.

    `bartizan rules test FOLDER` runs the rules over their samples first.

    Example: bartizan packs build my-pack --key ~/keys/acme.key
    """
    if (key is None) != unsigned:
        raise PackError("a pack is signed with --key FILE, or --unsigned", hint="`bartizan packs keygen` makes a key")
    with open_app(config=config) as app:
        pack = built(folder, load_signing_key(key) if key else None, app.attack)
    file = into or Path(f"{pack.manifest.id}-{pack.manifest.version}{ARCHIVE_SUFFIX}")
    write_pack(pack, file)
    manifest = pack.manifest
    row = {
        "id": manifest.id,
        "version": manifest.version.text,
        "rules": len(list(rule_files(pack))),
        "signed_by": manifest.signed_by or None,
        "digest": pack.digest,
        "file": str(file),
    }
    print_rows([row], ("id", "version", "rules", "signed_by", "file"), format)
