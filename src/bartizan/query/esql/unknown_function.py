"""What to say about a function that there is none of."""

from collections.abc import Mapping
from difflib import get_close_matches

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.esql import ast
from bartizan.query.esql.faults import Faults
from bartizan.query.esql.functions import AGGREGATES, SCALARS

_UNSUPPORTED: Mapping[str, str] = {
    "categorize": "it groups texts that are alike; group by `SUBSTRING(...)` or what `GROK` finds",
    **dict.fromkeys(
        ("knn", "text_embedding", "embedding", "completion"), "it needs a model, and no data goes to models"
    ),
    **dict.fromkeys(("decay", "score", "first_over_time", "rate"), "there is no scoring and are no time series here"),
}


def unknown_function(node: ast.Function, faults: Faults) -> QuerySyntaxError:
    """The error for the call of an unknown function, with the nearest name."""
    if node.name in _UNSUPPORTED:
        return faults.unsupported(node.span, f"`{node.name.upper()}` is not supported", _UNSUPPORTED[node.name])
    alike = get_close_matches(node.name, (*SCALARS, *AGGREGATES), 1) if len(node.name) < 100 else []
    hint = f"did you mean `{alike[0].upper()}`?" if alike else "check the name against the ES|QL reference"
    return faults.at(node.span, f"there is no function `{node.name.upper()}`", hint)
