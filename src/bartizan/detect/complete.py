"""Until when events are complete: asked of what is stored, so that it is the same whenever it is asked."""

import math
from collections.abc import Sequence
from dataclasses import replace

from bartizan.detect.arrivals import Window, milliseconds
from bartizan.engine.base import READ_ONLY, Engine, rows
from bartizan.engine.statements import fixed
from bartizan.query.sequence.arrived import Completeness, completeness

_ARRIVED = """
SELECT toUnixTimestamp64Milli(`event.ingested`) AS arrived, toUnixTimestamp64Milli(max(`@timestamp`)) AS newest
FROM {table: Identifier}
WHERE `event.ingested` > {after: DateTime64(3, 'UTC')} AND `event.ingested` <= {until: DateTime64(3, 'UTC')}
GROUP BY `event.ingested`
"""

_BEFORE = """
SELECT toUnixTimestamp64Milli(max(`@timestamp`)) AS newest FROM {table: Identifier}
WHERE `event.ingested` <= {after: DateTime64(3, 'UTC')}
"""


def completeness_of(engine: Engine, windows: Sequence[Window], is_last: bool) -> Completeness:
    """By the newest event of the windows' streams at each instant of arrival; for all time where nothing more comes."""
    arrivals: list[tuple[int, int]] = []
    newest = [0]
    for window in windows:
        parameters = {"table": window.stream, **window.parameters()}
        found = rows(engine, fixed(_ARRIVED), parameters, settings=READ_ONLY)
        arrivals += [(int(row["arrived"]), int(row["newest"])) for row in found]
        before = rows(engine, fixed(_BEFORE), parameters, settings=READ_ONLY)
        newest.append(int(before[0]["newest"]))
    after_ms = max((milliseconds(window.after) for window in windows), default=0)
    told = completeness(arrivals, after_ms, max(newest))
    return replace(told, until_ms=[*told.until_ms[:-1], math.inf]) if is_last else told
