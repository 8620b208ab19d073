"""What is to be simulated, and what was: the arguments of a run and its summary."""

from dataclasses import dataclass
from datetime import UTC, datetime

from bartizan.simulate.attack_step import AttackStep
from bartizan.simulate.errors import ScenarioError

MAX_HOURS = 24 * 366
DEFAULT_COUNT = 10_000


@dataclass(frozen=True)
class Scenario:
    """How much of the company's life to write. The same scenario gives the same bytes.

    Counts are of ordinary records; those of the attack come on top. Raises `ScenarioError` for what can't be written.
    """

    start: datetime
    """The first moment, aware; it is moved back to a multiple of an hour in UTC."""
    seed: int = 1
    hours: int = 24
    cloudtrail_events: int = DEFAULT_COUNT
    waf_events: int = DEFAULT_COUNT
    firewall_events: int = DEFAULT_COUNT
    flow_records: int = DEFAULT_COUNT
    attack: bool = True

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ScenarioError("`start` has no time zone", hint="give an aware datetime, such as `...T00:00:00Z`")
        if not 1 <= self.hours <= MAX_HOURS:
            raise ScenarioError(f"`hours` is {self.hours}, expected 1 to {MAX_HOURS}")
        for name in ("cloudtrail_events", "waf_events", "firewall_events", "flow_records"):
            if getattr(self, name) < 0:
                raise ScenarioError(f"`{name}` is {getattr(self, name)}, expected 0 or more")
        object.__setattr__(self, "start", self.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0))

    @property
    def records(self) -> int:
        """How many ordinary records a run writes: the total of a progress bar."""
        return self.cloudtrail_events + self.waf_events + self.firewall_events + self.flow_records


@dataclass(frozen=True)
class Summary:
    """What a run wrote."""

    records: dict[str, int]
    """Records by dataset (`aws.cloudtrail`, `aws.waf`, `aws.firewall_logs`, `aws.vpcflow`), the attack's included.

    CloudTrail's other objects are counted apart: `aws.cloudtrail-insight` and `aws.cloudtrail-digest`, one a digest.
    """
    files: int
    size_bytes: int
    """The size of all files as stored, compressed."""
    attack: tuple[AttackStep, ...]
    """The steps of the attack in order of time; empty without one."""
