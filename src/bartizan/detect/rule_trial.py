"""Rules over samples: for each rule, how many records of each file it finds, or alerts it raises over a file.

A rule that looks at more than single events is tried on each of its files alone; what is in its history was there
before. A correlation sees the alerts that the rules it names raise over its file.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bartizan.detect.alone import Alone, evaluate
from bartizan.detect.arrivals import Arrivals, Span, Window, merged
from bartizan.detect.complete import completeness_of
from bartizan.detect.document import alert_of
from bartizan.detect.executor import Hit
from bartizan.detect.findings import RuleFailed
from bartizan.detect.forms import form_of
from bartizan.detect.ledger import BEGINNING
from bartizan.detect.plan import RulePlan
from bartizan.detect.rule import Rule
from bartizan.detect.runner import Evaluator, by_stream, run_window
from bartizan.detect.settings import CorrelationSettings
from bartizan.detect.spans import spans
from bartizan.errors import BartizanError
from bartizan.query import ir
from bartizan.query.search import stored_schema

END = "2299-01-01 00:00:00.000"
_FILE = ir.FieldRef("log.file.path", ir.Kind.KEYWORD)
_ALERT = ir.FieldRef("alert.id", ir.Kind.KEYWORD)

AddAlerts = Callable[[Sequence[Mapping[str, Any]]], object]
"""Stores alerts."""


@dataclass(frozen=True, slots=True)
class Samples:
    """The files of a rule."""

    files: tuple[Path, ...]
    """Each is tried alone."""
    history: Path | None = None
    """What was there before."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What rules found, by the rule's id and the file."""

    found: Mapping[str, Mapping[str, int]]
    failed: list[RuleFailed]
    alone: frozenset[str] = field(default_factory=frozenset)
    """Rules that look at more than single events: of a file they raise one alert or some."""
    forms: Mapping[str, str] = field(default_factory=dict)
    """The form of each rule that could be planned, by its id."""


@dataclass(slots=True)
class Trying:
    """Samples that are stored, and what has been found in them."""

    evaluator: Evaluator
    samples: Mapping[str, Samples]
    """By the rule's id."""
    after: Mapping[str, str]
    """Until when histories were ingested, by stream."""
    add_alerts: AddAlerts | None = None
    hits: dict[str, dict[str, list[Hit]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    """By the rule's id and the file."""
    failed: list[RuleFailed] = field(default_factory=list)
    forms: dict[str, str] = field(default_factory=dict)

    def run(self, rules: Iterable[Rule]) -> Trial:
        """All rules over all that is stored; correlations last."""
        together = [rule for rule in rules if isinstance(rule.settings, CorrelationSettings)]
        plans = self._planned([rule for rule in rules if rule not in together])
        self._scanned([plan for plan in plans if not plan.is_alone])
        alone = [plan for plan in plans if plan.is_alone]
        for plan in alone:
            for file in (*self._of(plan.rule).files, *self._correlated(plan.rule, together)):
                self._alone(plan, file, self._only(plan.rule, file))
        for rule in together:
            self._correlation(rule)
        found = {id: {file: len(hits) for file, hits in own.items()} for id, own in self.hits.items()}
        several = frozenset([plan.rule.id for plan in alone] + [rule.id for rule in together])
        return Trial(found, self.failed, several, self.forms)

    def _planned(self, rules: Sequence[Rule]) -> list[RulePlan]:
        plans, failed = self.evaluator.planner.plans(rules, self.evaluator.schema, self.evaluator.known)
        self.failed += failed
        self.forms.update((plan.rule.id, form_of(plan)) for plan in plans)
        return plans

    def _scanned(self, plans: Sequence[RulePlan]) -> None:
        for stream, planned in by_stream(plans).items():
            for finding in run_window(self.evaluator, Window(stream, BEGINNING, END), planned):
                if isinstance(finding, Hit):
                    self.hits[finding.rule.id][str(finding.fields["log.file.path"])].append(finding)
                elif isinstance(finding, RuleFailed):
                    self.failed.append(finding)

    def _correlated(self, rule: Rule, together: Iterable[Rule]) -> list[Path]:
        """Files of the correlations that name the rule."""
        naming = [one for one in together if rule.id in _named(one)]
        return [file for one in naming for file in self._of(one).files]

    def _correlation(self, rule: Rule) -> None:
        for file in self._of(rule).files:
            hits = [hit for id in _named(rule) for hit in self.hits[id][str(file)]]
            alerts = [alert_of(hit, self.evaluator.schema.registry) for hit in hits]
            if self.add_alerts is not None:
                self.add_alerts(alerts)
            ids = tuple(str(alert["alert"]["id"]) for alert in alerts)
            schema = stored_schema(self.evaluator.engine, self.evaluator.schema.registry)
            self.evaluator = replace(self.evaluator, schema=schema)
            for plan in self._planned([rule]) if ids else ():
                self._alone(plan, file, ir.In(_ALERT, ids))

    def _alone(self, plan: RulePlan, file: Path, only: ir.Expr) -> None:
        try:
            self.hits[plan.rule.id][str(file)] = _hits(plan, self._windows(plan), only, self.evaluator)
        except BartizanError as error:
            self.failed.append(RuleFailed(plan.rule, error))

    def _windows(self, plan: RulePlan) -> dict[str, Window]:
        has_history = self._of(plan.rule).history is not None
        after = self.after if has_history else {}
        return {stream: Window(stream, after.get(stream, BEGINNING), END) for stream in plan.streams}

    def _only(self, rule: Rule, file: Path) -> ir.Expr:
        history = self._of(rule).history
        return ir.In(_FILE, tuple(map(str, (file, history) if history else (file,))))

    def _of(self, rule: Rule) -> Samples:
        return self.samples.get(rule.id, Samples(()))


def _named(rule: Rule) -> tuple[str, ...]:
    return rule.settings.rules if isinstance(rule.settings, CorrelationSettings) else ()


def _hits(plan: RulePlan, windows: Mapping[str, Window], only: ir.Expr, evaluator: Evaluator) -> list[Hit]:
    one = Alone(plan, windows)
    found: list[Span] = []
    for stream, planned in plan.by_stream.items():
        narrowed = replace(planned, expr=ir.And((planned.expr, only)))
        found += spans(evaluator.engine, windows[stream], [narrowed], evaluator.schema)[0]
    complete = completeness_of(evaluator.engine, list(one.windows.values()), is_last=True)
    asking = plan.asking(Arrivals(windows, merged(found), complete, only), evaluator.known, evaluator.schema)
    hits = evaluate(evaluator.engine, asking, plan, evaluator.budget)
    return [hit for hit in hits if isinstance(hit, Hit)]
