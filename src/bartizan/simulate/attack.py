"""The attack as log records: one coherent story of two hours, from a scan and a phished sign-in to destroyed backups.

In: a seed and the span of the scenario. Out: the records with their log and time, and the named steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from bartizan.simulate import agents, identities
from bartizan.simulate.attack_calls import BACKDOOR, MOVES, STOLEN_ROLE, VICTIM, Actor, Move
from bartizan.simulate.attack_step import AttackStep
from bartizan.simulate.attack_traffic import (
    ATTACKER,
    ATTACKER_LAPTOP,
    FirewallTrace,
    FlowTrace,
    firewall_traces,
    flow_traces,
    waf_traces,
)
from bartizan.simulate.company import HOME_REGION, PRODUCTION, instance_ids
from bartizan.simulate.entropy import Entropy, fixed_aws_id
from bartizan.simulate.firewall import firewall_record, suricata_time
from bartizan.simulate.rhythm import iso
from bartizan.simulate.slots import aws_date
from bartizan.simulate.template import Json, substitute, to_text
from bartizan.simulate.vpcflow import FlowFormat
from bartizan.simulate.waf import WebTraffic

LENGTH_MINUTES = 120.0
_MAX_SHARE = 0.8
"""In a short scenario the attack is sped up to fill this much of it."""


@dataclass(frozen=True)
class AttackRecord:
    """One record of the attack and where it is logged."""

    time: datetime
    log: str
    """`cloudtrail/<region>`, `waf`, `firewall/<log type>` or `flow/<vpc id>`."""
    record: bytes


@dataclass(frozen=True)
class Attack:
    """The whole attack: records in order of time, and its steps."""

    records: tuple[AttackRecord, ...] = ()
    steps: tuple[AttackStep, ...] = ()


@dataclass(frozen=True)
class _Credential:
    identity: Json
    address: str
    agent: str
    console: bool = False


def attack(seed: int, start: datetime, hours: int) -> Attack:
    """The attack in the middle of `hours` hours from `start`; always the same for the same arguments."""
    return _Story(seed, start, hours).tell()


class _Story:
    def __init__(self, seed: int, start: datetime, hours: int) -> None:
        self._entropy = Entropy(f"{seed}/attack")
        self._speed = min(1.0, hours * 60 * _MAX_SHARE / LENGTH_MINUTES)
        spare = timedelta(minutes=hours * 60 - LENGTH_MINUTES * self._speed)
        self._begin = start + timedelta(seconds=int(spare.total_seconds() / 2))
        self._web = WebTraffic(seed)
        self._backdoor_key = self._entropy.aws_id("AKIA").decode()
        self._credentials = self._steal()

    def tell(self) -> Attack:
        told = sorted(
            [*self._calls(), *self._requests(), *self._alerts(), *self._flows()], key=lambda pair: pair[1].time
        )
        return Attack(tuple(record for _, record in told), tuple(_steps(step for step, _ in told)))

    def _at(self, minute: float) -> datetime:
        return self._begin + timedelta(seconds=int(minute * 60 * self._speed))

    def _calls(self) -> Iterator[tuple[AttackStep, AttackRecord]]:
        for move in MOVES:
            time = self._at(move.minute)
            step = AttackStep(time, f"{move.source}.amazonaws.com", move.name, move.technique, move.actor)
            yield step, AttackRecord(time, f"cloudtrail/{move.region}", self._record(move, time))

    def _requests(self) -> Iterator[tuple[AttackStep, AttackRecord]]:
        for trace in waf_traces():
            time = self._at(trace.minute)
            record = AttackRecord(time, "waf", self._web.fill(trace.document, time))
            yield AttackStep(time, "aws.waf", trace.name, trace.technique), record

    def _alerts(self) -> Iterator[tuple[AttackStep, AttackRecord]]:
        for trace in firewall_traces():
            time = self._at(trace.minute)
            record = AttackRecord(time, f"firewall/{trace.log_type}", self._firewall(trace, time))
            yield AttackStep(time, "aws.firewall_logs", trace.name, trace.technique), record

    def _flows(self) -> Iterator[tuple[AttackStep, AttackRecord]]:
        for trace in flow_traces():
            time = self._at(trace.minute)
            record = AttackRecord(time, f"flow/{trace.network.vpc_id}", _flow(trace, time))
            yield AttackStep(time, "aws.vpcflow", trace.name, trace.technique), record

    def _firewall(self, trace: FirewallTrace, time: datetime) -> bytes:
        stamp = suricata_time(time + timedelta(microseconds=self._entropy.rng.randrange(1_000_000)))
        kind = {"timestamp": stamp, "flow_id": self._entropy.rng.randrange(10**13, 2 * 10**15)}
        event = {**kind, "event_type": "netflow" if trace.log_type == "flow" else "alert", **trace.event}
        if "netflow" in event:
            began = suricata_time(time - timedelta(seconds=59))
            event["netflow"] = {**event["netflow"], "start": began, "end": stamp}
        return orjson.dumps(firewall_record(trace.zone, str(int(time.timestamp())), event))

    def _record(self, move: Move, time: datetime) -> bytes:
        """A call as CloudTrail writes it."""
        who = self._credentials[move.actor]
        request_id = self._entropy.hex(16).upper() if move.source == "s3" else self._entropy.uuid()
        document: dict[str, Json] = {
            "eventVersion": "1.11",
            "userIdentity": who.identity,
            "eventTime": iso(time),
            "eventSource": f"{move.source}.amazonaws.com",
            "eventName": move.name,
            "awsRegion": move.region,
            "sourceIPAddress": who.address,
            "userAgent": f"[{who.agent}]" if move.source == "s3" else who.agent,
            **({"errorMessage": move.error_message} if move.error_message else {}),
            "requestParameters": move.request,
            "responseElements": move.response,
            **({"additionalEventData": move.extra} if move.extra else {}),
            **({} if move.source == "signin" else {"requestID": "<requestid>"}),
            "eventID": self._entropy.uuid().decode(),
            "readOnly": move.read_only,
            **({"resources": list(move.resources)} if move.resources else {}),
            "eventType": move.event_type,
            **({"apiVersion": move.api_version} if move.api_version else {}),
            "managementEvent": not move.data,
            "recipientAccountId": PRODUCTION.id,
            "eventCategory": "Data" if move.data else "Management",
            "tlsDetails": _tls(move),
            **({"sessionCredentialFromConsole": "true"} if who.console else {}),
        }
        values = {
            "requestid": request_id.decode(),
            "id2": self._entropy.base64(57).decode(),
            "backdoorkey": self._backdoor_key,
            "now": aws_date(time),
            "inaweek": aws_date(time + timedelta(days=7)),
        }
        return substitute(to_text(document), values)

    def _steal(self) -> dict[Actor, _Credential]:
        """The credentials that the attacker comes to hold."""
        account = PRODUCTION.id
        signed_in, as_root = iso(self._at(7)), iso(self._at(27))
        asia = [self._entropy.aws_id("ASIA").decode() for _ in range(3)]
        victim_key = fixed_aws_id("AKIA", account + VICTIM)
        victim_console = identities.iam_user(account, VICTIM, access_key=asia[0], created=signed_in)
        return {
            Actor.VICTIM_SIGN_IN: self._browser(identities.iam_user(account, VICTIM)),
            Actor.VICTIM: self._cli(identities.iam_user(account, VICTIM, access_key=victim_key)),
            Actor.VICTIM_CONSOLE: replace(self._browser(victim_console), console=True),
            Actor.BACKDOOR: self._cli(identities.iam_user(account, BACKDOOR, access_key=self._backdoor_key)),
            Actor.ROOT_SIGN_IN: self._browser(identities.root(account)),
            Actor.ROOT: replace(
                self._browser(identities.root(account, access_key=asia[1], created=as_root)), console=True
            ),
            Actor.STOLEN_ROLE: replace(self._cli(self._instance_role(asia[2])), address=ATTACKER_LAPTOP),
        }

    def _instance_role(self, access_key: str) -> Json:
        return identities.assumed_role(
            PRODUCTION.id,
            STOLEN_ROLE,
            instance_ids(PRODUCTION, HOME_REGION)[1],
            access_key=access_key,
            created=iso(self._at(60)),
            more_context={"ec2RoleDelivery": "2.0"},
        )

    @staticmethod
    def _browser(identity: Json) -> _Credential:
        return _Credential(identity, ATTACKER, agents.ATTACKER_BROWSER)

    @staticmethod
    def _cli(identity: Json) -> _Credential:
        return _Credential(identity, ATTACKER, agents.ATTACKER_CLI)


def _tls(move: Move) -> Json:
    """The `tlsDetails` of a call."""
    hosts = {"signin": "signin.aws.amazon.com", "iam": "iam.amazonaws.com"}
    host = hosts.get(move.source, f"{move.source}.{move.region}.amazonaws.com")
    if move.source == "s3":
        host = move.request["Host"]
    return {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": host}


def _flow(trace: FlowTrace, time: datetime) -> bytes:
    start = int(time.timestamp())
    flow = replace(trace.flow, start_s=start, end_s=start + trace.flow.end_s)
    return FlowFormat(trace.network).line(flow)


def _steps(single: Iterator[AttackStep]) -> Iterator[AttackStep]:
    """Steps with the repetitions of one kind gathered into the first of them."""
    gathered: dict[tuple[str, str, str, str], AttackStep] = {}
    for step in single:
        key = (step.source, step.event_name, step.technique, step.actor)
        known = gathered.get(key)
        gathered[key] = replace(known, events=known.events + 1) if known else step
    yield from gathered.values()
