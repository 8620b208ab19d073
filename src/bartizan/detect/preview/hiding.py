"""Adds up for each rule what it finds without and with exceptions, and tells what is to be thought over."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bartizan.detect.document import alert_id
from bartizan.detect.exceptions import RuleException
from bartizan.detect.executor import Hit
from bartizan.detect.findings import Cut
from bartizan.detect.preview.held import Counted
from bartizan.detect.preview.hidden import HiddenOfRule, HiddenPreview
from bartizan.detect.preview.period import Period, date_of
from bartizan.detect.preview.tally import RuleTally, samples_of, together, top_of
from bartizan.detect.rule import Rule
from bartizan.detect.runner import Evaluator
from bartizan.ecs.registry import Registry


@dataclass(slots=True)
class Hiding:
    """One rule so far."""

    rule: Rule
    exceptions: tuple[RuleException, ...]
    """What it is tried with."""
    before: RuleTally = field(init=False)
    """What it finds without them."""
    hidden: RuleTally = field(init=False)
    """What of that it does not find with them."""
    changed: RuleTally = field(init=False)
    """What it finds with them alone."""
    gone: set[str] = field(default_factory=set)
    """Ids of alerts of a rule on several events that it does not find with them."""
    stored: Counted = field(default_factory=Counted)
    error: str = ""

    def __post_init__(self) -> None:
        self.before, self.hidden, self.changed = (RuleTally(self.rule) for _ in range(3))

    def compare(self, before: Sequence[Hit | Cut], after: Sequence[Hit | Cut], period: Period) -> None:
        """Add what a rule on several events finds without and with the exceptions."""
        self.before.is_least = any(isinstance(one, Cut) for one in (*before, *after))
        was, now = self._by_id(before), self._by_id(after)
        self.before.add_hits(was.values(), period)
        self.hidden.add_hits((hit for id, hit in was.items() if id not in now), period)
        self.changed.add_hits((hit for id, hit in now.items() if id not in was), period)
        left = RuleTally(self.rule)
        left.add_hits(now.values(), period)
        self.hidden.matched = max(self.before.matched - left.matched, 0)
        self.gone = was.keys() - now.keys()

    def _by_id(self, found: Iterable[Hit | Cut]) -> dict[str, Hit]:
        return {alert_id(self.rule.id, hit.identity): hit for hit in found if isinstance(hit, Hit)}


def hidden_preview(
    hidings: Iterable[Hiding], period: Period, events: int, covered: int, evaluator: Evaluator, off: Collection[str]
) -> HiddenPreview:
    """The whole: `events` of the period, and to how many of them the exceptions apply."""
    all = list(hidings)
    rules = [_of_rule(one, evaluator.schema.registry, one.rule.id in off) for one in all]
    rules.sort(key=lambda one: (-one.hidden, -one.events, one.id))
    exceptions = list(dict.fromkeys(exception for one in all for exception in one.exceptions))
    expired = [one.name for one in exceptions if not one.is_valid(evaluator.known.now)]
    return HiddenPreview(
        start=date_of(period.start_ms),
        end=date_of(period.end_ms),
        events=events,
        covered=covered,
        alerts=sum(one.alerts for one in rules),
        hidden=sum(one.hidden for one in rules),
        stored=sum(one.stored for one in rules),
        open=sum(one.open for one in rules),
        entities=together(rules),
        rules=tuple(rules),
        warnings=tuple(_warnings(rules, events, covered, expired)),
        failed=sum(bool(one.error) for one in rules),
    )


def _of_rule(one: Hiding, registry: Registry, is_off: bool) -> HiddenOfRule:
    rule, alerts, hidden, changed = one.rule, one.before.alerts, one.hidden.alerts, one.changed.alerts
    error = one.error or one.before.error or one.hidden.error
    return HiddenOfRule(
        id=rule.id,
        name=rule.name,
        type=rule.type,
        severity=rule.severity,
        alerts=alerts,
        hidden=hidden,
        left=alerts - hidden + changed,
        changed=changed,
        events=one.hidden.matched,
        stored=one.stored.stored,
        open=one.stored.open,
        hides_all=bool(hidden) and alerts - hidden + changed == 0 and not error,
        is_least=one.before.is_least,
        is_off=is_off,
        entities=top_of(one.hidden.entities),
        samples=samples_of(one.hidden, registry),
        error=error,
    )


def _warnings(rules: Sequence[HiddenOfRule], events: int, covered: int, expired: Sequence[str]) -> Iterator[str]:
    if events and covered == events:
        yield f"it holds for every one of the {events:,} events of the period: nothing at all would be found"
    if silent := [one for one in rules if one.hides_all]:
        yield f"it would hide everything that {_count(len(silent))} found in the period: narrow it"
    if not any(one.alerts for one in rules) and not any(one.error for one in rules):
        yield "the rules found nothing in the period, so it shows nothing: look at a longer one"
    elif not any(one.hidden or one.events for one in rules):
        yield "it would hide nothing of the period"
    for name in expired:
        yield f"the exception `{name}` has expired and has no effect"


def _count(rules: int) -> str:
    return "one rule" if rules == 1 else f"{rules:,} rules"
