"""Building blocks: alerts that are there for other rules, and shown to people who ask for them alone.

As Elastic has it (elastic.co, "Use building block rules"); `kibana.alert.building_block_type` is an alias of our field.
"""

from collections.abc import Mapping
from typing import Any

from bartizan.query import ir
from bartizan.query.schema import Schema

FIELD = "alert.building_block_type"

_IS_NONE = ir.Not(ir.Exists(ir.FieldRef(FIELD, ir.Kind.KEYWORD)))


def without_building_blocks(schema: Schema) -> dict[str, ir.Expr]:
    """By stream of alerts, that an alert is no building block; a stream without the column has none."""
    return {stream: _IS_NONE for stream, columns in schema.streams.items() if FIELD in columns}


def is_building_block(alert: Mapping[str, Any]) -> bool:
    """Whether an alert's document is a building block's."""
    return bool(alert.get("alert", {}).get("building_block_type"))
