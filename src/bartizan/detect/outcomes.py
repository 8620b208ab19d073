"""How each rule's runs went, kept in the control-plane database, where there is one, else for as long as this process
lives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bartizan.state.outcome import Outcome

if TYPE_CHECKING:  # with SQLAlchemy, which takes a quarter of a second and `scan` doesn't need
    from bartizan.state.rule_states import RuleStates


@dataclass(slots=True)
class Outcomes:
    """Reads and notes outcomes."""

    states: "RuleStates | None" = None
    is_shared: bool = False
    """Whether other processes note outcomes too."""
    known: dict[str, Outcome] = field(default_factory=dict)
    """By rule id, as they were when they were last read or noted here."""
    has_read: bool = False

    def read(self) -> Mapping[str, Outcome]:
        """By rule id, those that others noted among them. Raises `StateError`."""
        if self.states is not None and (self.is_shared or not self.has_read):
            self.known = {rule: state.outcome for rule, state in self.states.all().items()}
            self.has_read = True
        return self.known

    def note(self, outcomes: Mapping[str, Outcome]) -> None:
        """Keep those that are not as they were, all of them or none. Raises `StateError`."""
        changed = {rule: outcome for rule, outcome in outcomes.items() if self.known.get(rule) != outcome}
        if self.states is not None and changed:
            self.states.note(changed)
        self.known = {**self.known, **changed}
