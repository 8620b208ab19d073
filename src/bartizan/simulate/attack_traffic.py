"""What the attack leaves in the network's logs: a scan at the web ACL, probed ports, a beacon, a transfer out.

A data table: each trace tells its minute, its log and the record to write.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bartizan.simulate.agents import SQL_SCANNER
from bartizan.simulate.company import FLEET_NETWORK, HOME_REGION, SHOP_NETWORK, Network
from bartizan.simulate.firewall import alert, connection
from bartizan.simulate.template import Json
from bartizan.simulate.vpcflow import Flow, host_address
from bartizan.simulate.waf import waf_record

ATTACKER = "203.0.113.66"
"""Where the attacker scans, signs in and calls APIs from."""
ATTACKER_LAPTOP = "203.0.113.94"
"""Where the stolen role is used and the data goes."""
COMMAND_SERVER = "198.51.100.23"
BAD_DOMAIN = "cdn-sync.badhost.example"

_PAYLOADS = (
    ("id=1%27%20OR%20%271%27=%271", ["1", "OR", "1"]),
    ("id=1%20UNION%20SELECT%20NULL,NULL--", ["UNION", "SELECT"]),
    ("q=%27;WAITFOR%20DELAY%20%270:0:5%27--", [";", "WAITFOR", "DELAY"]),
    ("ref=1%20AND%20SLEEP(5)", ["1", "AND", "SLEEP"]),
)
_SCANNED_PORTS = (
    21,
    22,
    23,
    25,
    80,
    110,
    135,
    139,
    443,
    445,
    1433,
    1521,
    3306,
    3389,
    5432,
    5900,
    6379,
    8080,
    8443,
    9200,
)


@dataclass(frozen=True)
class WafTrace:
    """A request at the shop's web ACL."""

    minute: float
    technique: str
    document: Json
    name: str


@dataclass(frozen=True)
class FlowTrace:
    """A flow in a network's flow log; its times are filled in from the minute."""

    minute: float
    technique: str
    network: Network
    flow: Flow
    name: str


@dataclass(frozen=True)
class FirewallTrace:
    """A record of the firewall; `event` lacks its times and flow id."""

    minute: float
    technique: str
    log_type: Literal["alert", "flow"]
    event: dict[str, Json]
    name: str
    zone: str = f"{HOME_REGION}a"


def waf_traces() -> Iterator[WafTrace]:
    """An SQL injection scan: nearly all of it blocked, a few requests let through."""
    for number in range(24):
        args, matched = _PAYLOADS[number % len(_PAYLOADS)]
        document = waf_record(
            action="BLOCK",
            rule="BlockSqlInjection",
            client=ATTACKER,
            country="RU",
            method="GET",
            uri="/track",
            args=args,
            agent=SQL_SCANNER,
            match=({"conditionType": "SQL_INJECTION", "location": "ALL_QUERY_ARGS", "matchedData": matched},),
            labels=("awswaf:managed:aws:sql-database:SQLi_QueryArguments",),
            response_code=403,
        )
        yield WafTrace(0.2 + number * 0.1, "T1595.002", document, "BLOCK")
    for number in range(3):
        document = waf_record(
            action="ALLOW",
            rule="Default_Action",
            client=ATTACKER,
            country="RU",
            method="POST",
            uri="/api/v2/quotes",
            args="",
            agent=SQL_SCANNER,
        )
        yield WafTrace(3.0 + number * 0.3, "T1190", document, "ALLOW")


def flow_traces() -> Iterator[FlowTrace]:
    """A port scan that is rejected, a shell over the opened port, and the data that leaves."""
    for number in range(60):
        port = _SCANNED_PORTS[number % len(_SCANNED_PORTS)]
        flow = Flow(number // 20, ATTACKER, True, 51_000 + number, port, 1, 44, 0, 20, accepted=False, tcp_flags=2)
        yield FlowTrace(0.3 + number * 0.02, "T1595.001", SHOP_NETWORK, flow, "REJECT")
    shell = Flow(2, ATTACKER, True, 52_144, 22, 4_210, 612_044, 0, 58)
    yield FlowTrace(76.5, "T1021.004", FLEET_NETWORK, shell, "ACCEPT 22")
    for number in range(12):
        size = 820_000_000 + number * 7_000_003
        network = FLEET_NETWORK if number % 2 else SHOP_NETWORK
        flow = Flow(1, ATTACKER_LAPTOP, False, 44_000 + number, 443, size // 1400, size, 0, 59)
        yield FlowTrace(94 + number, "T1048", network, flow, "ACCEPT out")


def firewall_traces() -> Iterator[FirewallTrace]:
    """A beacon that a signature sees, a blocked name in a TLS hello, and the transfer as a flow."""
    inside = host_address(SHOP_NETWORK, 1)
    for number in range(6):
        event = {
            **connection(inside, 40_100 + number, COMMAND_SERVER, 8443),
            "alert": alert(
                action="allowed" if number < 2 else "blocked",
                signature_id=2_900_117,
                signature="Larkmoor feed: command and control beacon",
                category="A Network Trojan was detected",
                severity=1,
            ),
            "app_proto": "tls",
            "direction": "to_server",
        }
        yield FirewallTrace(80 + number * 2, "T1071.001", "alert", event, "command and control beacon")
    for number in range(4):
        event = {
            **connection(inside, 41_200 + number, COMMAND_SERVER, 443),
            "alert": alert(
                action="blocked",
                signature_id=1_000_009,
                signature="egress to a domain that is not on the list",
                severity=1,
            ),
            "tls": {"sni": BAD_DOMAIN, "version": "TLS 1.3", "ja3": {}, "ja3s": {}},
            "app_proto": "tls",
            "direction": "to_server",
        }
        yield FirewallTrace(81 + number * 2, "T1071.001", "alert", event, f"blocked {BAD_DOMAIN}")
    netflow = {"pkts": 585_714, "bytes": 820_000_000, "age": 59, "min_ttl": 63, "max_ttl": 63}
    event = {**connection(inside, 44_000, ATTACKER_LAPTOP, 443), "app_proto": "tls", "netflow": netflow}
    yield FirewallTrace(95, "T1048", "flow", event, "transfer out")
