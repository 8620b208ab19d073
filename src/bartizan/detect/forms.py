"""The forms that rules have: a type, and where it has several, the language or what the query asks for."""

from bartizan.detect.executors.esql import BY_EVENT
from bartizan.detect.plan import RulePlan
from bartizan.query import ir

FORMS = (
    "query (kql)",
    "query (lucene)",
    "query (sigma)",
    "query (sigma, correlation)",
    "eql (event)",
    "eql (sequence)",
    "threshold",
    "new_terms",
    "indicator_match",
    "esql (event)",
    "esql (table)",
    "correlation",
)
"""Those that the shipped rules show, each with samples. Machine learning has no samples: its events are anomalies."""


def form_of(plan: RulePlan) -> str:
    """The form of a rule that is planned, `eql (sequence)`."""
    rule, executor = plan.rule, plan.chosen.executor
    match rule.type:
        case "query":
            is_correlation = isinstance(plan.chosen.wanted.what, ir.Correlation)
            return f"query ({rule.language}{', correlation' if is_correlation else ''})"
        case "eql":
            return f"eql ({_asked(plan.chosen.wanted.what)})"
        case "esql":
            return "esql (event)" if executor is BY_EVENT else "esql (table)"
        case type:
            return type


def _asked(what: ir.Expr | ir.Sequence | ir.Sample | ir.Correlation) -> str:
    match what:
        case ir.Sequence():
            return "sequence"
        case ir.Sample():
            return "sample"
        case _:
            return "event"
