"""Commands of ES|QL that Bartizan refuses, and the sentence that says why."""

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.esql import ast
from bartizan.query.esql.faults import Faults

_COMPLETION = (
    "`COMPLETION` sends events to a language model, and Bartizan sends no data to models",
    "end the query before it; what it gives can be read by people or by a model of your own choice",
)
_REASONS = {
    "explain": ("`EXPLAIN` is no command here", "`search --explain` shows how a query is read and run"),
    "set": ("`SET` is not supported", "leave it out: unknown fields and time zones can't be set per query"),
    "ts": ("`TS` reads time series, which Bartizan doesn't have", "begin with `FROM`"),
    "promql": ("`PROMQL` reads time series, which Bartizan doesn't have", "begin with `FROM`"),
}


def refusal(command: ast.Command, faults: Faults) -> QuerySyntaxError:
    """The error for a command that isn't supported."""
    if isinstance(command, ast.Completion):
        return faults.unsupported(command.span, *_COMPLETION)
    name = command.name if isinstance(command, ast.Unsupported) else type(command).__name__.lower()
    known = "FROM, ROW, WHERE, EVAL, STATS, INLINE STATS, KEEP, DROP, RENAME, SORT, LIMIT, DISSECT, GROK, MV_EXPAND"
    otherwise = (
        f"`{name.upper()}` is a command of ES|QL that is not supported",
        f"supported are {known}, ENRICH and more",
    )
    return faults.unsupported(command.span, *_REASONS.get(name, otherwise))
