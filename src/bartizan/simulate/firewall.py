"""AWS Network Firewall records of ordinary egress: flows, alerts of pass and drop rules, TLS inspection errors.

Shape: "Contents of a firewall log" of the Network Firewall developer guide; `event` is Suricata's EVE format.
"""

from datetime import UTC, datetime, timedelta

from bartizan.simulate.company import FIREWALL, SHOP_NETWORK
from bartizan.simulate.entropy import Drawer, Entropy, public_pool
from bartizan.simulate.rhythm import BLOCK_S, iso, offsets_within
from bartizan.simulate.template import Json, Template, to_text

_SHARES = {"flow": 82, "alert": 12, "tls": 6}

_NAMES = (
    "api.stripe.com", "npm.larkmoor.example", "wheels.larkmoor.example", "files.larkmoor.example",
    "api.github.com", "sts.amazonaws.com",
    "login.microsoftonline.com", "hooks.slack.com", "api.mapbox.com", "smtp.sendgrid.net", "apt.larkmoor.example",
)  # fmt: skip


def firewall_record(zone: str, moment_s: str, event: Json) -> Json:
    """A firewall record around a Suricata event."""
    return {
        "firewall_name": FIREWALL,
        "availability_zone": zone,
        "event_timestamp": moment_s,
        "event": event,
    }


def connection(source: str, source_port: Json, target: str, target_port: Json, proto: str = "TCP") -> dict[str, Json]:
    """The five values that name a connection."""
    return {
        "src_ip": source,
        "src_port": source_port,
        "dest_ip": target,
        "dest_port": target_port,
        "proto": proto,
    }


def alert(*, action: str, signature_id: int, signature: str, category: str = "", severity: int = 3) -> Json:
    """The `alert` object of an event; `action` is `allowed` or `blocked`."""
    return {
        "action": action,
        "signature_id": signature_id,
        "rev": 1,
        "signature": signature,
        "category": category,
        "severity": severity,
    }


_INSIDE = connection("<inside>", "#<port>", "<outside>", 443)
_STAMP = {"timestamp": "<stamp>", "flow_id": "#<flowid>"}


def _netflow(name: str, dest_port: int, proto: str) -> Json:
    event: dict[str, Json] = {
        **_STAMP,
        "event_type": "netflow",
        **connection("<inside>", "#<port>", "<outside>", dest_port, proto),
        "app_proto": name,
        "netflow": {
            "pkts": "#<packets>",
            "bytes": "#<bytes>",
            "start": "<began>",
            "end": "<stamp>",
            "age": "#<age>",
            "min_ttl": 63,
            "max_ttl": 63,
        },
    }
    if proto == "TCP":
        event["tcp"] = {"tcp_flags": "1b", "syn": True, "fin": True, "psh": True, "ack": True}
    return firewall_record("<zone>", "<seconds>", event)


def _tls_alert(action: str, signature_id: int, signature: str) -> Json:
    event = {
        **_STAMP,
        "event_type": "alert",
        **_INSIDE,
        "alert": alert(action=action, signature_id=signature_id, signature=signature),
        "tls": {"sni": "<name>", "version": "TLS 1.3", "ja3": {}, "ja3s": {}},
        "app_proto": "tls",
        "direction": "to_server",
    }
    return firewall_record("<zone>", "<seconds>", event)


_HTTP_ALERT = firewall_record(
    "<zone>",
    "<seconds>",
    {
        **_STAMP,
        "event_type": "alert",
        **connection("<inside>", "#<port>", "<outside>", 80),
        "alert": alert(action="blocked", signature_id=1000021, signature="plain HTTP is not allowed to the internet"),
        "http": {
            "hostname": "<name>",
            "url": "/",
            "http_user_agent": "Debian APT-HTTP/1.3 (2.6.1)",
            "http_method": "GET",
            "protocol": "HTTP/1.1",
            "length": 0,
        },
        "app_proto": "http",
        "direction": "to_server",
    },
)
_TLS_ERROR = firewall_record(
    "<zone>",
    "<seconds>",
    {
        "timestamp": "<zulu>",
        "src_ip": "<inside>",
        "src_port": "<port>",
        "dest_ip": "<outside>",
        "dest_port": "443",
        "sni": "<name>",
        "tls_error": {"error_message": "SSL_TLS_ERROR:HANDSHAKE_FAILURE"},
    },
)
_TLS_REVOKED = firewall_record(
    "<zone>",
    "<seconds>",
    {
        "timestamp": "<zulu>",
        "src_ip": "<inside>",
        "src_port": "<port>",
        "dest_ip": "<outside>",
        "dest_port": "443",
        "sni": "<name>",
        "revocation_check": {"leaf_cert_fpr": "<hex64>", "status": "UNKNOWN", "action": "PASS"},
    },
)

_DOCUMENTS: dict[str, tuple[tuple[int, Json], ...]] = {
    "flow": ((80, _netflow("tls", 443, "TCP")), (12, _netflow("dns", 53, "UDP")), (8, _netflow("ntp", 123, "UDP"))),
    "alert": (
        (70, _tls_alert("allowed", 1000002, "egress to an allowed domain")),
        (20, _tls_alert("blocked", 1000009, "egress to a domain that is not on the list")),
        (10, _HTTP_ALERT),
    ),
    "tls": ((60, _TLS_ERROR), (40, _TLS_REVOKED)),
}


def suricata_time(moment: datetime) -> str:
    """A moment as Suricata writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")


class Egress:
    """Writes the records of one log type of the firewall."""

    def __init__(self, seed: int, log_type: str) -> None:
        self._seed, self._log_type = seed, log_type
        self._entropy = Entropy("")
        drawn = self._drawn()
        given = ("seconds", "stamp", "began", "zulu")
        documents = _DOCUMENTS[log_type]
        self._templates = [Template(to_text(document), given, drawn) for _, document in documents]
        self._weights = [weight for weight, _ in documents]

    def block(self, start: datetime, count: int) -> list[tuple[float, bytes]]:
        """`count` records of the block that begins at `start`, with their second of the block."""
        self._entropy.reseed(f"{self._seed}/firewall/{self._log_type}/{iso(start)}")
        rng = self._entropy.rng
        picks = rng.choices(self._templates, weights=self._weights, k=count)
        records = []
        for offset, template in zip(offsets_within(rng, count, BLOCK_S * 1_000_000), picks, strict=True):
            moment = start + timedelta(microseconds=offset)
            stamp = suricata_time(moment)
            began = suricata_time(moment - timedelta(seconds=rng.randrange(1, 60)))
            zulu = stamp.replace("+0000", "Z")
            seconds = b"%d" % int(moment.timestamp())
            records.append((offset / 1_000_000, template.fill(seconds, stamp.encode(), began.encode(), zulu.encode())))
        return records

    def _drawn(self) -> dict[str, Drawer]:
        entropy = self._entropy
        inside = [f"{SHOP_NETWORK.prefix}.{4 + n % 8}.{10 + n}".encode() for n in range(120)]
        return {
            "inside": entropy.pick(inside),
            "outside": entropy.pick(public_pool("egress", 400)),
            "zone": entropy.pick([f"{SHOP_NETWORK.region}{letter}".encode() for letter in "abc"]),
            "name": entropy.pick([name.encode() for name in _NAMES]),
            "port": entropy.number(32_768, 60_999),
            "flowid": entropy.number(10**13, 2 * 10**15),
            "packets": entropy.number(1, 4000),
            "bytes": entropy.number(60, 4_000_000),
            "age": entropy.number(0, 180),
            "hex64": entropy.digits(64),
        }


def log_type_shares() -> tuple[tuple[str, int], ...]:
    """The share of the firewall's records that each log type has."""
    return tuple(_SHARES.items())
