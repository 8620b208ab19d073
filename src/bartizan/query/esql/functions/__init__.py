"""The functions of ES|QL by name."""

from collections.abc import Mapping
from typing import Any

from bartizan.query.esql.functions.signature import Function

SCALARS: Mapping[str, Function] = {}
AGGREGATES: Mapping[str, Any] = {}
