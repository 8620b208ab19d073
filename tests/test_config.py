"""The configuration: file, environment, flags, in that order, and what is wrong with them."""

from pathlib import Path
from typing import Any

import pytest

from bartizan.config import Config, ConfigError, load_config
from bartizan.connector_config import EgressConfig, EmailConfig, NotifyRoute, SlackConfig

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
    "unknown setting": ("dta = 'x'", {}, {}, "there is no setting `dta`; known are connectors, data, egress"),
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


CONNECTORS = """
[egress]
allow = ["10.0.0.0/8"]
public = false

[connectors.soc]
type = "slack"
url_env = "SLACK_URL"
max_per_period = 5

[connectors.mail]
type = "email"
host = "smtp.example"
sender = "soc@x.example"
recipients = ["a@x.example"]

[[notify]]
connectors = ["soc", "mail"]
min_severity = "high"

[[notify]]
connectors = ["soc"]
tags = ["IAM"]
"""


def test_connectors_have_the_settings_of_their_type(tmp_path: Path) -> None:
    path = tmp_path / "bartizan.toml"
    path.write_text(CONNECTORS)
    config = load_config(path, {"BARTIZAN_EGRESS_PUBLIC": "true"}, {})
    assert config.connectors == {
        "soc": SlackConfig(url_env="SLACK_URL", max_per_period=5),
        "mail": EmailConfig(host="smtp.example", sender="soc@x.example", recipients=("a@x.example",)),
    }
    assert config.notify == (NotifyRoute(("soc", "mail"), "high"), NotifyRoute(("soc",), tags=("IAM",)))
    assert config.egress == EgressConfig(True, ("10.0.0.0/8",))


MAIL = "[connectors.a]\ntype = 'email'\nhost = 'h'\nsender = 's@x.example'\n"
WRONG_CONNECTORS = {
    "[connectors.a]\ntype = 'pager'": "`connectors.a.type` can't be `pager`; known are webhook, slack",
    "[connectors.a]\nurl = 'x'": "`connectors.a.type` can't be `None`",
    "[connectors.a]\ntype = 'slack'\ntoken = 'x'": "there is no setting `connectors.a.token`; known are allow,",
    "[connectors.a]\ntype = 'webhook'": "connectors.a: it needs `url`, `url_env` or `url_file`",
    "[connectors.a]\ntype = 'webhook'\nurl = 'a'\nurl_env = 'B'": "and one of them only",
    "[connectors.a]\ntype = 'jira'\nurl = 'a'": "setting `connectors.a.project` is missing",
    "[connectors.a]\ntype = 'slack'\ntimeout_s = 0": "connectors.a: `timeout_s` must be more than 0",
    "[connectors.a]\ntype = 'slack'\ntimeout_s = nan": "connectors.a: `timeout_s` must be more than 0",
    "[connectors.a]\ntype = 'slack'\nmax_attempts = 'x'": "`connectors.a.max_attempts` can't be `x`",
    "[connectors.'a b']\ntype = 'slack'": "`connectors.a b` is no name",
    "connectors = 1": "`connectors` can't be `1`",
    "[connectors]\na = 1": "`connectors.a` is a table of settings, not `1`",
    "[[notify]]\nconnectors = ['x']": "`notify.connectors` names `x`, which is no connector",
    "[[notify]]\nmin_severity = 'high'": "setting `notify.connectors` is missing",
    "[[notify]]\nconnectors = []\nmin_severity = 'huge'": "`notify.min_severity` can't be `huge`; known are low,",
    "[egress]\npublic = 'maybe'": "`egress.public` can't be `maybe`",
    MAIL + "recipients = []": "connectors.a: `recipients` must name an address",
    MAIL + 'recipients = ["a@x.example\\r\\nBcc: b"]': "is no mail address",
    MAIL + "recipients = ['a@x.example>']": "is no mail address",
    MAIL + "recipients = ['a@x.example']\nusername = 'u'\nsecurity = 'none'": "the password would be readable",
    "[connectors.a]\ntype = 'syslog'\nhost = 'h'\nfacility = 24": "`facility` must be from 0 to 23",
    "[connectors.a]\ntype = 'sns'\ntopic_arn = 'x'": "`topic_arn` can't be `x`",
}


@pytest.mark.parametrize(("text", "message"), WRONG_CONNECTORS.items())
def test_what_is_wrong_with_a_connector_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bartizan.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_config(path, {}, {})
    assert message in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml: cannot read it"):
        load_config(tmp_path / "gone.toml", {}, {})


def test_secrets_are_not_shown() -> None:
    assert "hidden" not in repr(load_config(None, {"BARTIZAN_SERVE_API_KEY": "hidden"}, {}))
