"""The configuration: file, environment, flags, in that order, and what is wrong with them."""

from pathlib import Path
from typing import Any

import pytest

from bartizan.config import Config, ConfigError, load_config

FILE = """
data = "from-file"
namespace = "prod"
rules = ["a", "b"]
retention_days = {"aws.vpcflow" = 30}

[engine]
max_threads = 8
search_timeout_s = 1.5

[ingest]
piece_bytes = 1000
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bartizan.toml"
    path.write_text(FILE)
    return path


def test_defaults() -> None:
    assert load_config(None, {}, {}) == Config()


def test_a_file_sets_what_it_names(file: Path) -> None:
    config = load_config(file, {}, {})
    assert (config.data, config.namespace, config.rules) == (Path("from-file"), "prod", ("a", "b"))
    assert config.retention_days == {"aws.vpcflow": 30}
    assert (config.engine.max_threads, config.engine.search_timeout_s) == (8, 1.5)
    assert config.ingest.piece_bytes == 1000
    assert config.ingest.segment_bytes == Config().ingest.segment_bytes


def test_the_environment_is_above_the_file(file: Path) -> None:
    environment = {
        "BARTIZAN_DATA": "from-env",
        "BARTIZAN_ENGINE_MAX_THREADS": "3",
        "BARTIZAN_RULES": "x,y",
        "OTHER": "1",
    }
    config = load_config(file, environment, {})
    assert (config.data, config.engine.max_threads, config.rules) == (Path("from-env"), 3, ("x", "y"))
    assert config.engine.search_timeout_s == 1.5


def test_flags_are_above_all(file: Path) -> None:
    flags = {"data": Path("from-flag"), "namespace": None, "engine": {"max_threads": 5}}
    config = load_config(file, {"BARTIZAN_DATA": "from-env"}, flags)
    assert (config.data, config.namespace) == (Path("from-flag"), "prod")
    assert (config.engine.max_threads, config.engine.search_timeout_s) == (5, 1.5)


WRONG: dict[str, tuple[str, dict[str, str], dict[str, Any], str]] = {
    "unknown setting": ("dta = 'x'", {}, {}, "there is no setting `dta`; known are data, engine"),
    "unknown in a table": ("[engine]\nmemory = 1", {}, {}, "there is no setting `engine.memory`; known are max_memory"),
    "no number": ("[engine]\nmax_threads = 'many'", {}, {}, "`engine.max_threads` can't be `many`"),
    "no number, by the environment": ("", {"BARTIZAN_SERVE_PORT": "x"}, {}, "`serve.port` can't be `x`"),
    "no days": ("retention_days = {a = 'b'}", {}, {}, "`retention_days` can't be"),
    "no TOML": ("data = ", {}, {}, "cannot read it"),
    "no table": ("engine = 1", {}, {}, "`engine` is a table of settings, not `1`"),
    "no size": ("[ingest]\npiece_bytes = 0", {}, {}, "`ingest.piece_bytes` can't be `0`; it is at least 1"),
}


@pytest.mark.parametrize("text, environment, flags, message", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(
    tmp_path: Path, text: str, environment: dict[str, str], flags: dict[str, Any], message: str
) -> None:
    path = tmp_path / "bartizan.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_config(path, environment, flags)
    assert message in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml: cannot read it"):
        load_config(tmp_path / "gone.toml", {}, {})


def test_secrets_are_not_shown() -> None:
    assert "hidden" not in repr(load_config(None, {"BARTIZAN_SERVE_API_KEY": "hidden"}, {}))
