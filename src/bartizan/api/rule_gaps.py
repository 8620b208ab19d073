"""`/rules/gaps`: which stored events rules have not seen."""

from collections.abc import Iterable

from pydantic import BaseModel

from bartizan.api.route import Route, Served, Serving
from bartizan.detect.gaps import Unseen


class UnseenRange(BaseModel):
    """A range of a stream, in the order in which events arrived, that some rules have not seen."""

    stream: str
    after: str
    """ISO 8601, excluded; 1970 is from the first event on."""
    until: str
    """Included."""
    events: int
    rules: list[str]
    """Ids."""


class RuleCoverage(BaseModel):
    """What rules have not seen of the streams that they read."""

    gaps: list[UnseenRange]
    """Before a rule's last run: a back-fill evaluates it."""
    behind: list[UnseenRange]
    """After it: the next runs will."""


async def gaps(serving: Serving) -> RuleCoverage:
    """List what rules have not seen."""
    return await serving.threads.call(_coverage, serving)


def _coverage(serving: Served) -> RuleCoverage:
    found = serving.services.detection.coverage()
    return RuleCoverage(gaps=_shown(found.gaps), behind=_shown(found.behind))


def _shown(ranges: Iterable[Unseen]) -> list[UnseenRange]:
    return [
        UnseenRange(
            stream=one.stream, after=_iso(one.after), until=_iso(one.until), events=one.events, rules=list(one.rules)
        )
        for one in ranges
    ]


def _iso(stored: str) -> str:
    return f"{stored.replace(' ', 'T')}Z"


ROUTES = (Route("GET", "/rules/gaps", gaps, RuleCoverage),)
