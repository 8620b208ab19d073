"""Rules of packs that people have tuned: a copy of the rule's file to edit, and beside it what the pack said then.

`packs/tuned/ID/` holds the copies and `base/` below it the pack's rules that they were made of, under the same names.
A copy without a base is taken for one of the version in force. A copy and its base are replaced as one: the new base is
written first under a name with the digest of the new copy, and counts as soon as the copy has that digest.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import DuplicateRule, RuleError
from bartizan.detect.packs.errors import PackError
from bartizan.detect.rule import Rule
from bartizan.detect.rule_file import MAX_FILE_BYTES, load_rule, read_rule, read_toml
from bartizan.detect.rule_writing import file_name, rule_text, write_file

BASE = "base"
_FOLLOWING = ".next"


@dataclass(frozen=True, slots=True)
class TunedRule:
    """A copy that its user edits."""

    yours: Rule
    base: Rule | None
    """What the pack said when the copy was made or last brought up to date; None where that is not known."""

    @property
    def file(self) -> Path:
        """The copy."""
        return self.yours.file


@dataclass(frozen=True, slots=True)
class TunedRules:
    """The copies of a pack's rules."""

    rules: Mapping[str, TunedRule]
    """By id."""
    problems: tuple[RuleError, ...]
    """Copies that can't be read: the pack's own version is in force."""


def read_tuned(folder: Path, attack: Attack) -> TunedRules:
    """The copies in a folder; one that is no rule stops no other."""
    rules: dict[str, TunedRule] = {}
    problems: list[RuleError] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            found = _read(file, attack)
            if found.yours.id in rules:
                raise DuplicateRule(f"{rules[found.yours.id].file.name} is a copy of this rule too", where=str(file))
            rules[found.yours.id] = found
        except RuleError as error:
            hint = f"the pack's version runs meanwhile{f'; {error.hint}' if error.hint else ''}"
            problems.append(RuleError(error.message, where=error.where, hint=hint))
    return TunedRules(rules, tuple(problems))


def copy_file(folder: Path, rule: Rule) -> Path:
    """Where the copy of a rule is made."""
    return folder / file_name(rule)


def write_copy(file: Path, content: bytes, base: Rule) -> None:
    """Replace a copy and its base, both or neither; raises `PackError`."""
    following = _following(file, content)
    _write(following, rule_text(base).encode())
    _write(file, content)
    _replace(following, base_file(file))


def write_base(file: Path, base: Rule) -> None:
    """Write down what the pack says, beside its copy `file`; raises `PackError`."""
    _write(base_file(file), rule_text(base).encode())


def settle(folder: Path) -> None:
    """Finish what a killed process left of replacing copies."""
    for file in folder.glob("*.toml"):
        with suppress(RuleError):
            if (following := _following(file, _content(file))).exists():
                _replace(following, base_file(file))
    for left in (folder / BASE).glob(f".*{_FOLLOWING}"):
        left.unlink(missing_ok=True)


def base_file(file: Path) -> Path:
    """Where the base of a copy is."""
    return file.parent / BASE / file.name


def _following(file: Path, content: bytes) -> Path:
    """Where the base is that counts when the copy says `content`."""
    return file.parent / BASE / f".{file.stem}.{hashlib.sha256(content).hexdigest()}{_FOLLOWING}"


def remove_copy(file: Path) -> None:
    """Take a copy and its base away; raises `PackError`. The base goes last: without it the copy would mean another."""
    try:
        file.unlink(missing_ok=True)
        base_file(file).unlink(missing_ok=True)
    except OSError as error:
        raise PackError(f"cannot remove it: {error.strerror or error}", where=str(file)) from error


def _read(file: Path, attack: Attack) -> TunedRule:
    content = _content(file)
    yours = read_rule(read_toml(content, str(file)), str(file), file, attack)
    following = _following(file, content)
    base_at = following if following.exists() else base_file(file)
    base = load_rule(base_at, attack) if base_at.exists() else None
    if base and base.id != yours.id:
        raise RuleError(f"its `id` is not the one of the rule that it is a copy of, `{base.id}`", where=str(file))
    return TunedRule(yours, base)


def _content(file: Path) -> bytes:
    """What `read_toml` takes, and one byte of what is too long for it."""
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RuleError(f"cannot read it: {error.strerror or error}", where=str(file)) from error


def _replace(file: Path, by: Path) -> None:
    try:
        file.replace(by)
    except OSError as error:
        raise PackError(f"cannot write: {error.strerror or error}", where=str(by)) from error


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_file(file, content)
    except OSError as error:
        raise PackError(f"cannot write: {error.strerror or error}", where=str(file)) from error
