"""The documents say what is there: links lead somewhere, named functions exist, every command is mentioned."""

import re
from pathlib import Path

import pytest
import typer.main

from bartizan.cli.main import cli

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "rules/README.md",
    "docs/notify.md",
    "docs/cases.md",
    "docs/packs.md",
    "src/bartizan/query/README.md",
)
LINK = re.compile(r"\[([^\]]+)\]\(([^)#]+)\)")


def links() -> list[tuple[str, str, str]]:
    """Document, text and target of every link to a file."""
    return [
        (document, text, target)
        for document in DOCUMENTS
        for text, target in LINK.findall((ROOT / document).read_text())
        if not target.startswith("http")
    ]


@pytest.mark.parametrize(("document", "text", "target"), links())
def test_links_lead_to_what_they_name(document: str, text: str, target: str) -> None:
    file = ((ROOT / document).parent / target).resolve()
    assert file.exists()
    name = text.strip("`").rpartition(".")[2]
    if text.startswith("`") and file.suffix == ".py" and name != "py" and not text.endswith("README.md`"):
        assert re.search(rf"\b{re.escape(name)}\b", file.read_text()), f"{file} has no {name}"


def test_architecture_stays_short() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 200


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    commands = typer.main.get_command(cli).commands  # type: ignore[attr-defined]
    assert [name for name in commands if f"`{name}" not in readme and f" {name}" not in readme] == []
