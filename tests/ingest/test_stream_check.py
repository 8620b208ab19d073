"""A stream against its promises: one thing is broken at a time, and that is what is told."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bartizan.ecs.registry import load_registry
from bartizan.engine.base import Engine
from bartizan.ingest.codecs import Bounds
from bartizan.ingest.normalize import Normalizer
from bartizan.ingest.objects import Reading
from bartizan.ingest.stream_check import Checker
from bartizan.integrations.catalog import load_catalog
from bartizan.integrations.macros import load_macros
from bartizan.integrations.skeleton import write_skeleton

Problems = Callable[[], list[tuple[str, str]]]
MACROS = load_macros()
ECS = load_registry()
TEXT = "LowCardinality(String)"
USER = "r.user AS `user.name`"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_skeleton("acme.audit", tmp_path)


@pytest.fixture
def problems(engine: Engine, folder: Path) -> Problems:
    """Checks the folder as it is now: file names and messages."""

    def check() -> list[tuple[str, str]]:
        catalog = load_catalog([folder])
        registry = catalog.registry(ECS)
        normalizer = Normalizer(engine, MACROS, registry, "default", lambda: datetime(2026, 3, 1, tzinfo=UTC))
        checker = Checker(engine, registry, MACROS, normalizer, Reading(catalog, Bounds(), 4096, None))
        return [(found.file.name, found.message) for found in checker.problems(catalog.stream("acme.audit"))]

    return check


def test_a_new_stream_has_none(problems: Problems) -> None:
    assert problems() == []


MAPPINGS = {
    "r.user AS `user.nmae`": "`user.nmae` is no ECS field and not in fields.toml; did you mean `user.name`?",
    "5 AS `user.name`": "`user.name` is of type keyword, the mapping gives UInt8",
    "r.ip AS `source.address`, r.ip AS `client.ip`": f"`client.ip` is of type ip, the mapping gives {TEXT}",
    "[r.user] AS `user.name`": f"`user.name` is not an array in the registry, the mapping gives Array({TEXT})",
    "r.user AS `tags`": f"`tags` is an array in the registry, the mapping gives {TEXT}",
    "r.user AS `acme.audit.thing`": "`acme.audit.thing` is no ECS field and not in fields.toml",
}


@pytest.mark.parametrize(("column", "message"), MAPPINGS.items())
def test_a_column_that_contradicts_the_registry(folder: Path, problems: Problems, column: str, message: str) -> None:
    mapping = folder / "mapping.sql"
    mapping.write_text(mapping.read_text().replace(USER, column))
    said = problems()
    assert any(name == "mapping.sql" and message in told for name, told in said), said


BROKEN = {
    "nosuch AS `user.name`": ("mapping.sql", "nosuch"),
    "javaMap(1, 2) AS `user.name`": ("mapping.sql:7", "macro `javaMap` takes 1 arguments, got 2"),
    "'unclosed AS `user.name`": ("mapping.sql:8", ""),
}


@pytest.mark.parametrize(("column", "told"), BROKEN.items())
def test_a_mapping_that_cannot_run_is_told_once(
    folder: Path, problems: Problems, column: str, told: tuple[str, str]
) -> None:
    mapping = folder / "mapping.sql"
    mapping.write_text(mapping.read_text().replace(USER, column))
    ((name, message),) = problems()
    assert name.startswith(told[0].partition(":")[0])
    assert told[1] in message


FILES = {
    "samples/first.log.expected.json": [
        ('[{"user": {"name": "bob"}}]', "first.log", 'record 1: `user.name` is `"alice"`, expected `"bob"`'),
        ('[{"user": {"id": "7"}}]', "first.log", "record 1: `user.id` is missing, expected"),
        ("[]", "first.log", "1 documents, expected 0"),
        ("{no json", "first.log.expected.json", "it is no JSON"),
        ('{"a": 1}', "first.log.expected.json", "a JSON array of documents is expected"),
        ("[5]", "first.log.expected.json", "a JSON array of documents is expected"),
    ],
    "samples/second.log": [('{"name":"x"}\n', "second.log.expected.json", "the sample has no expected documents")],
    "fields.toml": [
        (
            '["acme.audit.level"]\ntype = "keyword"\ndescription = "x"\n',
            "fields.toml",
            "the mapping never gives `acme.audit.level`",
        ),
        ('["acme.level"]\ntype = "keywrod"\ndescription = "x"\n', "fields.toml", "has the unknown type `keywrod`"),
    ],
}
CONTENTS = [(file, *case) for file, cases in FILES.items() for case in cases]


@pytest.mark.parametrize(("file", "content", "name", "message"), CONTENTS)
def test_a_file_that_breaks_a_promise(
    folder: Path, problems: Problems, file: str, content: str, name: str, message: str
) -> None:
    (folder / file).write_text(content)
    assert any(found == name and message in told for found, told in problems())


@pytest.mark.parametrize("file", ["mapping.sql", "README.md", "dashboard.toml"])
def test_a_file_that_is_missing(folder: Path, problems: Problems, file: str) -> None:
    (folder / file).unlink()
    assert (file, "the file is missing") in problems()


def test_no_samples_and_a_sort_key_that_is_no_column(folder: Path, problems: Problems) -> None:
    for sample in (folder / "samples").iterdir():
        sample.unlink()
    described = folder / "stream.toml"
    described.write_text(described.read_text().replace("event.action", "event.reason"))
    assert problems() == [
        ("stream.toml", "the sort key's `event.reason` is no column of the mapping"),
        ("samples", "there are no samples"),
    ]


def test_a_sample_that_cannot_be_read_hides_no_other(folder: Path, problems: Problems) -> None:
    samples = folder / "samples"
    (samples / "a.log").write_bytes(b"")
    (samples / "a.log.expected.json").write_text("[]")
    (samples / "first.log.expected.json").write_text('[{"user": {"name": "bob"}}]')
    assert {name for name, _ in problems()} == {"a.log", "first.log"}
