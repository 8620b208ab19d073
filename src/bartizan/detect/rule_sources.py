"""Rules of every form there is, by file or folder: our TOML, Elastic's TOML and exports, Sigma's YAML, mixed."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bartizan.detect.attack.registry import Attack
from bartizan.detect.elastic import entries as elastic
from bartizan.detect.elastic.convert import convert
from bartizan.detect.errors import RuleError
from bartizan.detect.imported import Imported
from bartizan.detect.packs.members import MANIFEST
from bartizan.detect.rule_file import load_toml, read_rule
from bartizan.detect.sigma import entries as sigma
from bartizan.detect.sigma.convert import convert_all

SUFFIXES = (".toml", *elastic.SUFFIXES, *sigma.SUFFIXES)
SAMPLES = (".match", ".benign", ".history")
"""What stands before the suffix of samples beside a rule."""
MAX_FILES = 50_000
"""Most files of one folder."""


def load_rules(paths: Iterable[Path], attack: Attack) -> Iterator[Imported | RuleError]:
    """Every rule of the files and of those below the folders; what is none is an error with its place, and the others
    go on. Queries are not parsed: a rule may still turn out not to run."""
    for path in paths:
        files = rule_files(path)
        if isinstance(files, RuleError):
            yield files
            continue
        yield from _sigma([file for file in files if file.suffix in sigma.SUFFIXES], attack)
        for file in files:
            if file.suffix not in sigma.SUFFIXES:
                yield from _export(file, attack) if file.suffix in elastic.SUFFIXES else _toml(file, attack)


def rule_files(path: Path) -> list[Path] | RuleError:
    """The files that may hold rules, in order; a file that is named is one whatever it is called."""
    if not path.is_dir():
        return [path] if path.is_file() else RuleError("there are no rules here", where=str(path))
    files: list[Path] = []
    for file in path.rglob("*"):
        is_rule = file.suffix in SUFFIXES and file.with_suffix("").suffix not in SAMPLES and file.name != MANIFEST
        if is_rule and file.is_file():
            files.append(file)
        if len(files) > MAX_FILES:
            return RuleError(f"the folder has more than {MAX_FILES:,} files of rules", where=str(path))
    return sorted(files) or RuleError("there are no rules here", where=str(path))


def _toml(file: Path, attack: Attack) -> Iterator[Imported | RuleError]:
    try:
        data = load_toml(file)
        if elastic.is_elastic_toml(data):
            yield convert(elastic.toml_entry(data, file), attack, {})
        else:
            yield Imported(read_rule(data, str(file), file, attack), str(file))
    except RuleError as error:
        yield error


def _export(file: Path, attack: Attack) -> Iterator[Imported | RuleError]:
    export = elastic.read_export(file)
    for entry in export.entries:
        try:
            yield entry if isinstance(entry, RuleError) else _entry(entry, attack, export.items)
        except RuleError as error:
            yield error


def _entry(entry: elastic.Entry, attack: Attack, items: elastic.Items) -> Imported:
    """A line of an export: Elastic's rules have a `rule_id`, ours don't."""
    if "rule_id" in entry.data or "id" not in entry.data:
        return convert(entry, attack, items)
    return Imported(read_rule(entry.data, entry.where, entry.file, attack), entry.where)


def _sigma(files: list[Path], attack: Attack) -> Iterator[Imported | RuleError]:
    if files:
        yield from convert_all(list(sigma.read_files(files)), attack)
