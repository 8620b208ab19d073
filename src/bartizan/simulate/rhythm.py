"""When things happen: the day's rhythm, the spread of a total over blocks of five minutes, moments within a block."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

BLOCK_S = 300
"""CloudTrail, WAF and VPC flow logs are delivered about every five minutes."""

_HOURLY_WEIGHT = (
    24,
    20,
    18,
    18,
    20,
    28,
    45,
    70,
    95,
    110,
    115,
    112,
    100,
    105,
    112,
    108,
    100,
    85,
    62,
    48,
    40,
    36,
    32,
    28,
)
_WEEKEND_PERCENT = 45

_MINUTE_SECOND = tuple(b"%02d:%02dZ" % divmod(second, 60) for second in range(3600))


def blocks(start: datetime, hours: int) -> Iterator[datetime]:
    """The start of every block of `hours` hours."""
    for number in range(hours * 3600 // BLOCK_S):
        yield start + timedelta(seconds=number * BLOCK_S)


def block_weight(block: datetime) -> int:
    """How busy a block is compared with others: office hours in UTC, quieter at weekends."""
    weight = _HOURLY_WEIGHT[block.hour]
    return weight * (_WEEKEND_PERCENT if block.weekday() >= 5 else 100)


class Share:
    """Hands out `total` in proportion to weights so that the parts add up to it exactly."""

    def __init__(self, total: int, total_weight: int) -> None:
        self._total = total
        self._total_weight = total_weight
        self._weight = 0
        self._given = 0

    def take(self, weight: int) -> int:
        """The next part, for a block of this weight."""
        self._weight += weight
        due = self._total * self._weight // self._total_weight
        part, self._given = due - self._given, due
        return part


def offsets_within(rng: Random, count: int, units: int = BLOCK_S) -> list[int]:
    """`count` moments of a block in rising order, in units of which a block has `units` (seconds if not told)."""
    random = rng.random
    return sorted([int(random() * units) for _ in range(count)])


def moments(block: datetime, offsets: list[int]) -> list[bytes]:
    """The ISO 8601 text of seconds of a block, which lies within one hour."""
    prefix = block.strftime("%Y-%m-%dT%H:").encode()
    first = block.minute * 60
    return [prefix + _MINUTE_SECOND[first + offset] for offset in offsets]


def iso(moment: datetime) -> str:
    """A moment as CloudTrail writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def block_of(moment: datetime) -> datetime:
    """The start of the block that a moment belongs to."""
    return moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0)
