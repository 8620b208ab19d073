"""Alerts, and dials that may reach loopback."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bartizan.respond.dial import Dial
from bartizan.respond.egress import Egress, allowed

NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
NOWHERE = allowed((), "")


def alert(id: str = "a1", severity: str = "high", risk_score: int = 73, **user: Any) -> dict[str, Any]:
    """An alert as detection makes it."""
    return {
        "@timestamp": "2026-11-24T11:59:00.000Z",
        "event": {"kind": "signal", "action": "StopLogging"},
        "rule": {"id": "r-1", "name": "Logging stopped", "category": ["AWS", "Trail"]},
        "alert": {
            "id": id,
            "severity": severity,
            "risk_score": risk_score,
            "reason": "alice stopped the logging of a trail",
            "start": "2026-11-24T11:59:00.000Z",
        },
        "user": {"name": "alice", **user},
        "source": {"ip": "198.51.100.7"},
        "cloud": {"account": {"id": "111122223333"}, "region": "eu-west-1"},
    }


def egress(allow: tuple[str, ...] = ("127.0.0.0/8",), connector: tuple[str, ...] = (), public: bool = True) -> Egress:
    return Egress(public, allowed(allow, "egress.allow"), allowed(connector, "connectors.x.allow"))


@pytest.fixture
def dial() -> Dial:
    """May reach loopback."""
    return Dial(egress(), 60)


@dataclass(frozen=True)
class Identity:
    """A certificate for `localhost` and 127.0.0.1, its own authority."""

    file: str

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context

    def dial(self, resolve: Callable[[str, int], list[str]] = lambda *_: ["127.0.0.1"]) -> Dial:
        """Trusts it; every name is loopback."""
        return Dial(egress(), 60, resolve, self.file)


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file: Path = tmp_path_factory.mktemp("tls") / "identity.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + certificate.public_bytes(pem))
    return Identity(str(file))
