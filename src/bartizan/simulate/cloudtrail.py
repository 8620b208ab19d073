"""CloudTrail records of ordinary days: calls made by the sessions of `sessions`, one block of time at a go.

In: a seed, an account, a region, a block and how many records. Out: the records as minified JSON, in order of time.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from bartizan.simulate.api_call import ApiCall
from bartizan.simulate.company import GLOBAL_REGION, Account
from bartizan.simulate.entropy import Entropy
from bartizan.simulate.rhythm import iso, moments, offsets_within
from bartizan.simulate.sessions import Kind, Session, hour_sessions
from bartizan.simulate.slots import SlotValues
from bartizan.simulate.template import Json, Template, substitute, to_text

_GIVEN = ("head", "time", "address", "agent", "subject", "arn")
_GLOBAL_SOURCES = frozenset({"iam", "ce", "tax", "health"})
"""Services whose events CloudTrail writes in us-east-1 only."""
_FAILURE_SHARE = 0.03
_TLS = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"}
_HOSTS = {"s3": "<bucket>.s3.<region>.amazonaws.com", "iam": "iam.amazonaws.com", "signin": "signin.aws.amazon.com"}


@dataclass(frozen=True)
class Block:
    """Records of one account and region within one block of time."""

    seconds: list[int]
    """When each record happened, in seconds from the start of the block; rising."""
    records: list[bytes]


@dataclass(frozen=True)
class _Lineup:
    """Who may make which call in one hour, with cumulative weights."""

    hour: datetime
    pairs: list[tuple[Session, Template]]
    cumulative: list[float]


def record_text(call: ApiCall, kind: Kind, *, failed: bool) -> bytes:
    """A call as a CloudTrail record with open slots, its fields in the order in which AWS writes them."""
    agent = "[<agent>]" if call.source == "s3" and kind.direct else "<agent>"
    record: dict[str, Json] = {
        "eventTime": "<time>",
        "eventSource": f"{call.source}.amazonaws.com",
        "eventName": call.name,
        "awsRegion": "<region>",
        "sourceIPAddress": "<address>",
        "userAgent": agent,
    }
    if failed and call.failure:
        record |= {"errorCode": call.failure[0], "errorMessage": call.failure[1]}
    record |= {"requestParameters": call.request, "responseElements": None if failed else call.response}
    if call.extra is not None:
        record["additionalEventData"] = call.extra
    if call.event_type != "AwsConsoleSignIn":
        record["requestID"] = "<s3request>" if call.source == "s3" else "<requestid>"
    record |= {"eventID": "<eventid>", "readOnly": call.read_only, **_tail(call, kind)}
    return b"{<head>," + to_text(record)[1:]


def _tail(call: ApiCall, kind: Kind) -> dict[str, Json]:
    """The fields after `readOnly`."""
    tail: dict[str, Json] = {"resources": list(call.resources)} if call.resources else {}
    tail |= {
        "eventType": call.event_type,
        "managementEvent": not call.data,
        "recipientAccountId": "<account>",
        **call.record_fields,
        "eventCategory": "Data" if call.data else "Management",
    }
    if kind.direct and call.event_type != "AwsServiceEvent":
        host = _HOSTS.get(call.source, f"{call.source}.<region>.amazonaws.com")
        tail["tlsDetails"] = {**_TLS, "clientProvidedHostHeader": host}
    if kind.console:
        tail["sessionCredentialFromConsole"] = "true"
    return tail


class AccountRegion:
    """Writes the records of one account and region; keeps its compiled templates."""

    def __init__(self, seed: int, account: Account, region: str) -> None:
        self._seed, self.account, self.region = seed, account, region
        self._entropy = Entropy("")
        self._slots = SlotValues(self._entropy, account, region)
        self._menus: dict[str, list[tuple[Template, float]]] = {}
        self._lineup: _Lineup | None = None

    def block(self, start: datetime, count: int) -> Block:
        """`count` records of the block that begins at `start`; the same arguments give the same bytes."""
        if not count:
            return Block([], [])
        lineup = self._lineup_of(start.replace(minute=0))
        self._entropy.reseed(f"{self._seed}/cloudtrail/{self.account.id}/{self.region}/{iso(start)}")
        self._slots.at(start)
        rng = self._entropy.rng
        seconds = offsets_within(rng, count)
        picks = rng.choices(lineup.pairs, cum_weights=lineup.cumulative, k=count)
        records = [
            template.fill(who.head, time, who.address, who.agent, who.subject, who.arn)
            for time, (who, template) in zip(moments(start, seconds), picks, strict=True)
        ]
        return Block(seconds, records)

    def _lineup_of(self, hour: datetime) -> _Lineup:
        if self._lineup is None or self._lineup.hour != hour:
            pairs: list[tuple[Session, Template]] = []
            weights: list[float] = []
            for session in hour_sessions(self._seed, self.account, self.region, hour):
                menu = self._menu(session.kind)
                pairs += [(session, template) for template, _ in menu]
                weights += [weight for _, weight in menu]
            self._lineup = _Lineup(hour, pairs, list(accumulate(weights)))
        return self._lineup

    def _menu(self, kind: Kind) -> list[tuple[Template, float]]:
        """What a session of this kind calls, with the weight of each call and of its failure."""
        if kind.name not in self._menus:
            self._menus[kind.name] = self._compile(kind)
        return self._menus[kind.name]

    def _compile(self, kind: Kind) -> list[tuple[Template, float]]:
        calls = [call for call in kind.calls if self.region == GLOBAL_REGION or call.source not in _GLOBAL_SOURCES]
        unit = kind.weight / kind.sessions / sum(call.weight for call in calls)
        menu: list[tuple[Template, float]] = []
        for call in calls:
            failures = _FAILURE_SHARE if call.failure else 0.0
            menu.append((self._template(call, kind, failed=False), call.weight * unit * (1 - failures)))
            if failures:
                menu.append((self._template(call, kind, failed=True), call.weight * unit * failures))
        return menu

    def _template(self, call: ApiCall, kind: Kind, *, failed: bool) -> Template:
        text = record_text(call, kind, failed=failed)
        text = substitute(text, {"account": self.account.id, "region": self.region})
        return Template(text, _GIVEN, self._slots.drawn)


def records_object(records: list[bytes]) -> bytes:
    """Records as one CloudTrail object: `{"Records":[...]}`."""
    return b'{"Records":[' + b",".join(records) + b"]}"
