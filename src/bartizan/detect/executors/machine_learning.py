"""`machine_learning`: anomalies that jobs found. Jobs write them to a stream of their own, and a rule reads that."""

from bartizan.detect.executor import Chosen
from bartizan.detect.executors import events, suppressed_events
from bartizan.detect.meaning import Knowledge, beside, streams_of
from bartizan.detect.rule import Rule
from bartizan.detect.settings import MachineLearningSettings
from bartizan.query import ir
from bartizan.query.schema import Schema

JOB = "anomaly.job"
SCORE = "anomaly.score"


def choose(rule: Rule, schema: Schema, known: Knowledge) -> Chosen:
    """Each anomaly of the jobs with such a score is an alert; without the stream of anomalies there is none."""
    assert isinstance(rule.settings, MachineLearningSettings)
    chosen = streams_of(rule, schema)
    found: list[ir.Expr] = [
        ir.In(ir.FieldRef(JOB, ir.Kind.KEYWORD), rule.settings.jobs),
        ir.Range(ir.FieldRef(SCORE, ir.Kind.NUMBER), ir.Bound(rule.settings.score, True)),
    ]
    also = beside(rule, chosen, known)
    wanted = ir.Wanted(ir.And((*found, *([also] if also else []))))
    return Chosen(suppressed_events.EXECUTOR if rule.suppression else events.EXECUTOR, wanted, chosen)
