"""Rules over samples: for each rule, how many records of each file it finds, or alerts it raises over a file."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bartizan.detect.alone import Alone, evaluate
from bartizan.detect.arrivals import Arrivals, Span, Window
from bartizan.detect.complete import completeness_of
from bartizan.detect.executor import Hit
from bartizan.detect.findings import RuleFailed
from bartizan.detect.ledger import BEGINNING
from bartizan.detect.plan import RulePlan
from bartizan.detect.rule import Rule
from bartizan.detect.runner import Evaluator, by_stream, run_window
from bartizan.errors import BartizanError
from bartizan.query import ir

END = "2299-01-01 00:00:00.000"
_EVER = Span(0, 4_000_000_000_000)
_FILE = ir.FieldRef("log.file.path", ir.Kind.KEYWORD)


@dataclass(frozen=True, slots=True)
class Trial:
    """What rules found, by the rule's id and the file."""

    found: Mapping[str, Mapping[str, int]]
    failed: list[RuleFailed]
    alone: frozenset[str] = field(default_factory=frozenset)
    """Rules that look at more than single events: of a file they raise one alert or some."""


def tried(rules: Iterable[Rule], files: Mapping[str, Iterable[Path]], evaluator: Evaluator) -> Trial:
    """All rules over all that is stored; those that look at more than single events over each of their own `files`."""
    plans, failed = evaluator.planner.plans(rules, evaluator.schema, evaluator.known)
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for stream, planned in by_stream(plan for plan in plans if not plan.is_alone).items():
        for finding in run_window(evaluator, Window(stream, BEGINNING, END), planned):
            if isinstance(finding, Hit):
                found[finding.rule.id][str(finding.fields["log.file.path"])] += 1
            elif isinstance(finding, RuleFailed):
                failed.append(finding)
    alone = [plan for plan in plans if plan.is_alone]
    for plan in alone:
        for file in files[plan.rule.id]:
            try:
                found[plan.rule.id][str(file)] = _hits(plan, file, evaluator)
            except BartizanError as error:
                failed.append(RuleFailed(plan.rule, error))
    return Trial(found, failed, frozenset(plan.rule.id for plan in alone))


def _hits(plan: RulePlan, file: Path, evaluator: Evaluator) -> int:
    one = Alone(plan, {stream: Window(stream, BEGINNING, END) for stream in plan.streams})
    complete = completeness_of(evaluator.engine, list(one.windows.values()), is_last=True)
    arrivals = Arrivals(one.windows, (_EVER,), complete, ir.Equals(_FILE, str(file)))
    asking = plan.asking(arrivals, evaluator.known, evaluator.schema)
    found = evaluate(evaluator.engine, asking, plan, evaluator.budget)
    return sum(isinstance(finding, Hit) for finding in found)
