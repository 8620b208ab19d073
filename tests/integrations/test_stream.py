"""A stream's description: the message for each way of being wrong names the file and the key."""

from pathlib import Path

import pytest

from bartizan.integrations.errors import IntegrationError
from bartizan.integrations.skeleton import write_skeleton
from bartizan.integrations.stream import load_stream

DESCRIPTIONS = [
    ('dataset = "acme.audit"', "dataset = 5", "`dataset` must be a text"),
    ('dataset = "acme.audit"', 'dataset = "acme.audit-log"', "`acme.audit-log` is no dataset name"),
    ('dataset = "acme.audit"', 'dataset = "../x"', "`../x` is no dataset name"),
    ('dataset = "acme.audit"', "", "key `dataset` is missing"),
    ('title = "acme.audit"', "", "key `title` is missing"),
    ("retention_days = 365", 'retention_days = "x"', "`retention_days` must be a whole number"),
    ("retention_days = 365", 'type = "lo-gs"', "`type` is `lo-gs`, expected one of logs, metrics, alerts"),
    ("retention_days = 365", "permissions = 5", "`permissions` must be a list of texts"),
    ("retention_days = 365", "speed = 5", "unknown key `speed`"),
    ('["event.action", "@timestamp"]', '"@timestamp"', "`sort_key` must be a list of texts"),
    ('[["time", "name"]]', '["time"]', "`detect.keys` must be lists of texts"),
    ('keys = [["time", "name"]]', 'pattern = "("', "`detect.pattern` is no regular expression"),
    ('keys = [["time", "name"]]', 'kyes = [["time"]]', "unknown key `detect.kyes`"),
    ('title = "acme.audit"', "title = [", "cannot read it"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_skeleton("acme.audit", tmp_path)


@pytest.mark.parametrize(("said", "wrong", "message"), DESCRIPTIONS)
def test_what_is_wrong_is_named_with_its_file(folder: Path, said: str, wrong: str, message: str) -> None:
    described = folder / "stream.toml"
    assert said in described.read_text()
    described.write_text(described.read_text().replace(said, wrong))
    with pytest.raises(IntegrationError) as caught:
        load_stream(folder)
    assert str(caught.value).startswith(f"{described}: {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"acme.x" = 5', "`acme.x` must be a table"),
        ('["acme.x"]\ntype = "keyword"', "`acme.x` needs a text `description`"),
        ('["acme.x"]\ntype = 5\ndescription = "d"', "`acme.x` needs a text `type`"),
        ('["acme.x"]\ntype = "keyword"\narray = "yes"\ndescription = "d"', "`acme.x` must be a table"),
    ],
)
def test_a_field_that_is_none(folder: Path, text: str, message: str) -> None:
    (folder / "fields.toml").write_text(text)
    with pytest.raises(IntegrationError) as caught:
        load_stream(folder)
    assert str(caught.value).startswith(f"{folder / 'fields.toml'}: {message}")


@pytest.mark.parametrize("text", ['"a.b" = 5', '"a.*" = "b"', '"a" = "b.*"', '[a]\nb = "c"'])
def test_an_alias_that_is_none(folder: Path, text: str) -> None:
    (folder / "aliases.toml").write_text(text)
    with pytest.raises(IntegrationError, match=r"aliases.toml: `a.*` must name a field"):
        load_stream(folder)


def test_aliases_and_updatable_rows(folder: Path) -> None:
    assert (load_stream(folder).aliases, load_stream(folder).is_updatable) == ({}, False)
    (folder / "aliases.toml").write_text('"a.b" = "user.name"\n"c.*" = "host.*"\n')
    described = folder / "stream.toml"
    described.write_text("updatable = true\n" + described.read_text())
    stream = load_stream(folder)
    assert (stream.aliases, stream.is_updatable) == ({"a.b": "user.name", "c.*": "host.*"}, True)


@pytest.mark.parametrize("file", ["stream.toml", "fields.toml", "aliases.toml"])
def test_bytes_that_are_no_text(folder: Path, file: str) -> None:
    (folder / file).write_bytes(b"\xff\xfe")
    with pytest.raises(IntegrationError, match="cannot read it"):
        load_stream(folder)
