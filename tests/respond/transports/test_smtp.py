"""Mail to SMTP servers that take it, refuse it, or go away."""

import base64
import socket
from dataclasses import replace

import pytest

from bartizan.respond.delivery import Mail
from bartizan.respond.dial import Dial
from bartizan.respond.errors import DeliveryFailed, DeliveryRefused
from bartizan.respond.transports.smtp import send
from tests.respond.conftest import Identity, egress
from tests.respond.servers import smtp_sink, tcp_sink

MAIL = Mail("127.0.0.1", 25, "none", "a@x.example", ("b@y.example", "c@y.example"), b"Subject: s\r\n\r\n.hidden\r\n")


def test_a_mail_arrives(dial: Dial) -> None:
    with smtp_sink() as sink:
        assert send(replace(MAIL, port=sink.port), dial) == "taken for 2 of 2 recipients"
    assert [to.split()[1] for to in sink.recipients] == ["TO:<b@y.example>", "TO:<c@y.example>"]
    assert sink.messages[0]["Subject"] == "s"


def test_the_password_goes_over_tls(identity: Identity) -> None:
    mail = replace(MAIL, host="localhost", security="starttls", username="u", password="p")
    with smtp_sink(tls=identity.server()) as sink:
        send(replace(mail, port=sink.port), identity.dial())
    assert base64.b64decode(sink.logins[0].split()[2]) == b"\0u\0p"


def test_without_starttls_nothing_is_said(dial: Dial) -> None:
    with smtp_sink() as sink, pytest.raises(DeliveryRefused, match="STARTTLS"):
        send(replace(MAIL, port=sink.port, security="starttls"), dial)
    assert not sink.recipients


REFUSALS = [
    ({"MAIL": b"451 later"}, DeliveryFailed),
    ({"MAIL": b"550 never"}, DeliveryRefused),
    ({"RCPT": b"450 busy"}, DeliveryFailed),
    ({"RCPT": b"550 \x1b[31m nobody"}, DeliveryRefused),
    ({"DATA": b"452 full"}, DeliveryFailed),
    ({"DATA": b"554 spam"}, DeliveryRefused),
    ({"EHLO": b"421 bye", "HELO": b"421 bye"}, DeliveryFailed),
]


@pytest.mark.parametrize(("refusals", "error"), REFUSALS)
def test_a_code_says_whether_to_try_again(dial: Dial, refusals: dict[str, bytes], error: type[Exception]) -> None:
    with smtp_sink(refusals) as sink, pytest.raises(error) as raised:
        send(replace(MAIL, port=sink.port), dial)
    assert str(raised.value).isprintable()


class _Impatient(Dial):
    """Its socket's own time is over long before the attempt's."""

    def _connected(self, host: str, port: int, deadline_s: float) -> socket.socket:
        connected = super()._connected(host, port, deadline_s)
        connected.settimeout(0.05)
        return connected


@pytest.mark.parametrize("dial", [Dial(egress(), 0.2), _Impatient(egress(), 30)])
def test_a_server_that_says_nothing_is_left(dial: Dial) -> None:
    with tcp_sink() as (port, _), pytest.raises(DeliveryFailed, match="within"):
        send(replace(MAIL, port=port), dial)
