"""Writes rules into a folder, one file each; what is already there is never lost."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bartizan.detect.errors import RuleError
from bartizan.detect.rule import Rule
from bartizan.detect.rule_entry import rule_entry
from bartizan.detect.toml_text import toml_text

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
MAX_NAME = 80
"""Characters of a file's name that come from the rule's."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a rule's file: `different` is one that says something else and was left as it is."""

    rule: Rule
    file: Path
    outcome: Literal["written", "same", "different"]


def rule_text(rule: Rule) -> str:
    """The rule's file."""
    return toml_text(rule_entry(rule))


def file_name(rule: Rule) -> str:
    """A name without anything that a path could mean: letters of the rule's name, and a digest of its id."""
    name = _NOT_IN_NAMES.sub("_", rule.name.lower())[:MAX_NAME].strip("_") or "rule"
    digest = hashlib.blake2b(rule.id.encode(errors="replace"), digest_size=4).hexdigest()
    return f"{name}_{digest}.toml"


def write_rules(rules: Iterable[Rule], folder: Path, is_replacing: bool = False) -> Iterator[Written]:
    """Write each rule; a file that says something else is replaced only if asked. Raises `RuleError` when the folder
    can't be written to; each file is there wholly or not at all."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for rule in rules:
            yield _write(rule, folder / file_name(rule), is_replacing)
    except OSError as error:
        raise RuleError(f"cannot write: {error.strerror or error}", where=str(folder)) from error


def _write(rule: Rule, file: Path, is_replacing: bool) -> Written:
    content = rule_text(rule).encode()
    if file.exists() or file.is_symlink():
        if file.is_file() and file.read_bytes() == content:
            return Written(rule, file, "same")
        if not is_replacing:
            return Written(rule, file, "different")
    write_file(file, content)
    return Written(rule, file, "written")


def write_file(file: Path, content: bytes) -> None:
    """Write a file that is there wholly or not at all, and on the disk; raises `OSError`."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".", suffix=".part", delete=False) as part:
        try:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
            part.close()
            Path(part.name).chmod(0o644)
            Path(part.name).replace(file)
        except OSError:
            with suppress(OSError):
                Path(part.name).unlink()
            raise
