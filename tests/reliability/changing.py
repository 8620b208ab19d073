"""A process that changes alerts until it is killed, and one that looks at what is left."""

import sys
from pathlib import Path

import orjson

from bartizan.alerts import change_sets
from bartizan.alerts.workflow import Change
from bartizan.app import App
from bartizan.config import Config
from bartizan.engine.base import rows
from bartizan.engine.statements import fixed

ALERTS = 300
_FILL = """
INSERT INTO `alerts-detection-default` (`alert.id`, `event.id`, `alert.status`, `@timestamp`, `event.ingested`)
SELECT concat('a', toString(number)) AS id, id, 'open', now64(3), now64(3) FROM numbers(300)
"""
_STATUSES = (
    "SELECT `alert.status` AS status, count() AS n FROM `alerts-detection-default` GROUP BY status ORDER BY status"
)
_HISTORY = "SELECT count() AS rows, uniqExact(`alert.id`, field) AS fields FROM `alert-changes`"


def change(app: App) -> None:
    """Close all alerts, or go on with that; says each batch."""
    changes = app.alert_changes
    unfinished = changes.unfinished()
    if not unfinished and not changes.latest():
        app.engine.query(fixed(_FILL), format="Null")
        ids = [f"a{number}" for number in range(ALERTS)]
        unfinished = [changes.begin(ids, Change(status="closed", closed_reason="other"), "alice")]
    for one in unfinished:
        for step in changes.run(one.id):
            sys.stdout.write(f"{step.batches_done}\n")
            sys.stdout.flush()


def look(app: App) -> None:
    """Finish what is unfinished and say what there is; then undo it and say it again."""
    changes = app.alert_changes
    for one in changes.unfinished():
        changes.finish(one.id)
    (done,) = changes.latest()
    _tell(app, done.changed)
    _tell(app, changes.finish(changes.begin_undo(done.id, "bob").id).changed)


def _tell(app: App, changed: int) -> None:
    told = {"changed": changed, "statuses": rows(app.engine, fixed(_STATUSES)), **rows(app.engine, fixed(_HISTORY))[0]}
    sys.stdout.write(orjson.dumps(told).decode() + "\n")


if __name__ == "__main__":
    change_sets.BATCH = 10
    with App(Config(data=Path(sys.argv[2]))) as opened:
        {"change": change, "look": look}[sys.argv[1]](opened)
