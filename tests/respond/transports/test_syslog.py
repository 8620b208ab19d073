"""Frames to syslog collectors."""

import pytest

from bartizan.respond.delivery import SyslogMessage
from bartizan.respond.dial import Dial
from bartizan.respond.errors import DeliveryFailed, EgressRefused
from bartizan.respond.transports.syslog import send
from tests.respond.conftest import Identity, egress
from tests.respond.servers import tcp_sink, udp_sink


def test_over_udp(dial: Dial) -> None:
    with udp_sink() as (port, received):
        send(SyslogMessage("127.0.0.1", port, "udp", b"<1>1 x"), dial)
        assert received() == b"<1>1 x"


def test_over_tcp(dial: Dial) -> None:
    with tcp_sink() as (port, received):
        send(SyslogMessage("127.0.0.1", port, "tcp", b"6 <1>1 x"), dial)
        assert received() == b"6 <1>1 x"


def test_over_tls(identity: Identity) -> None:
    with tcp_sink(identity.server()) as (port, received):
        send(SyslogMessage("localhost", port, "tls", b"6 <1>1 x"), identity.dial())
        assert received() == b"6 <1>1 x"


def test_a_collector_without_tls_gets_nothing(identity: Identity) -> None:
    with tcp_sink() as (port, received):
        with pytest.raises(DeliveryFailed):
            send(SyslogMessage("localhost", port, "tls", b"6 <1>1 x"), Dial(egress(), 0.3))
        assert b"<1>1 x" not in received()


def test_addresses_are_judged() -> None:
    with pytest.raises(EgressRefused):
        send(SyslogMessage("127.0.0.1", 514, "udp", b"x"), Dial(egress(()), 1))
