"""Files of Sigma's rules as plain data, each document with its own text: nothing of a detection is parsed here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bartizan.detect.errors import RuleError
from bartizan.errors import BartizanError

SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of a file."""

    data: Mapping[str, Any]
    text: str
    file: Path
    where: str
    """`file`, or `file:line` where a file holds several."""

    @property
    def names(self) -> tuple[str, ...]:
        """What correlations call it."""
        return tuple(str(self.data[key]) for key in ("id", "name") if self.data.get(key))

    @property
    def named_rules(self) -> tuple[str, ...]:
        """For a correlation, the rules it is about; else none."""
        section = self.data.get("correlation")
        rules = section.get("rules") if isinstance(section, dict) else None
        return tuple(map(str, [rules] if isinstance(rules, str) else rules if isinstance(rules, list) else []))


def read_files(files: Iterable[Path]) -> Iterator[Entry | RuleError]:
    """The documents of all files; a file that can't be read is an error, and the others go on."""
    for file in files:
        try:
            yield from _read(file)
        except RuleError as error:
            yield error


def _read(file: Path) -> list[Entry]:
    from bartizan.query.sigma.document import MAX_CHARS, plain_documents  # noqa: PLC0415 (0.1 s for pySigma)

    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(MAX_CHARS + 1)
        documents = plain_documents(text)
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"cannot read it: {error}", where=str(file)) from error
    except BartizanError as error:
        raise RuleError(f"{error.where}: {error.message}", where=str(file), hint=error.hint) from error
    if not documents:
        raise RuleError("the file has no rule", where=str(file))
    several = len(documents) > 1
    return [Entry(one.data, one.text, file, f"{file}:{one.line}" if several else str(file)) for one in documents]
