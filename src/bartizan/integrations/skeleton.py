"""The files a new stream starts from."""

from pathlib import Path

from bartizan.integrations.errors import IntegrationError
from bartizan.integrations.stream import DATASET

_FILES = {
    "stream.toml": """dataset = "{dataset}"
title = "{dataset}"
sort_key = ["event.action", "@timestamp"]
retention_days = 365

[detect]
keys = [["time", "name"]]
""",
    "mapping.sql": """WITH JSONExtract(message, 'Tuple(time String, name String, user String, ip String)') AS r
SELECT
    parseDateTime64BestEffortOrNull(r.time, 3, 'UTC') AS `@timestamp`,
    id AS `event.id`,
    r.name AS `event.action`,
    r.user AS `user.name`,
    toIPv6OrNull(r.ip) AS `source.ip`,
    if(r.name = '', 'it is not a record of {dataset}: it has no name', '') AS `error.message`
FROM records
""",
    "fields.toml": """# Fields that ECS lacks: ["{dataset}.example"] with type and description.
""",
    "dashboard.toml": """[[panels]]
title = "Actions over time"
kind = "bar"
language = "kql"
query = "*"
by = ["event.action"]
description = "What was done, by action."
""",
    "README.md": """# {dataset}

What it is, how to enable it, the permissions it needs, what it fills.
""",
    "samples/first.log": """{{"time":"2026-01-02T03:04:05Z","name":"login","user":"alice","ip":"198.51.100.7"}}
""",
    "samples/first.log.expected.json": """[
  {{
    "@timestamp": "2026-01-02T03:04:05.000Z",
    "event": {{"action": "login", "dataset": "{dataset}", "kind": "event", "module": "{module}"}},
    "source": {{"ip": "198.51.100.7"}},
    "user": {{"name": "alice"}}
  }}
]
""",
}


def write_skeleton(dataset: str, folder: Path) -> Path:
    """Write a stream that works, `<folder>/<module>/<stream>/`; raises `IntegrationError` when it is there already."""
    module, dot, stream = dataset.partition(".")
    if not dot or not DATASET.fullmatch(dataset):
        raise IntegrationError(
            f"`{dataset}` is no dataset name", hint="write vendor.stream in lower case, e.g. acme.audit"
        )
    target = folder / module / stream
    if target.exists():
        raise IntegrationError("it exists already", where=str(target))
    for name, text in _FILES.items():
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(dataset=dataset, module=module), encoding="utf-8")
    return target
