"""One HTTP exchange with servers that are kind, slow, endless, broken or want to send us elsewhere."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from bartizan.respond.delivery import HttpRequest
from bartizan.respond.dial import Dial
from bartizan.respond.errors import DeliveryFailed, DeliveryRefused, EgressRefused
from bartizan.respond.transports.http import MAX_RETRY_AFTER_S, Answer, check, retry_after_s, send
from tests.respond.conftest import NOW, Identity, egress
from tests.respond.servers import Answer as Does
from tests.respond.servers import answers, drips, endless, garbage, hangs, http_target


def request(url: str, secret: str = "hush-hush") -> HttpRequest:
    return HttpRequest(url, {"Content-Type": "application/json", "X-Key": secret}, b'{"a":1}', (secret,))


def test_a_request_arrives_as_it_is(dial: Dial) -> None:
    with http_target(answers(202)) as target:
        assert send(request(f"{target.url}?q=1"), dial, NOW) == "status 202"
    (came,) = target.requests
    assert (came.path, came.body, came.headers["content-type"]) == ("/hook?q=1", b'{"a":1}', "application/json")
    assert came.headers["host"] == target.url.split("/")[2]


STATUSES: list[tuple[int, type[Exception]]] = [
    (300, DeliveryRefused),
    (304, DeliveryRefused),
    (400, DeliveryRefused),
    (401, DeliveryRefused),
    (404, DeliveryRefused),
    (410, DeliveryRefused),
    (408, DeliveryFailed),
    (425, DeliveryFailed),
    (429, DeliveryFailed),
    (500, DeliveryFailed),
    (503, DeliveryFailed),
    (599, DeliveryFailed),
]


@pytest.mark.parametrize(("status", "error"), STATUSES)
def test_a_status_says_whether_to_try_again(status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"host: it answered {status}"):
        check(Answer(status, {}, b""), "host", (), NOW)


RETRY_AFTER = [
    (None, None),
    ("", None),
    ("7", 7.0),
    (" 30 ", 30.0),
    ("99999999999999999999", MAX_RETRY_AFTER_S),
    ("-5", None),
    ("soon", None),
    ("\u0663", None),
    (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
    (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
]


@pytest.mark.parametrize(("header", "seconds"), RETRY_AFTER)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOW) == seconds


def test_retry_after_comes_with_the_error(dial: Dial) -> None:
    with http_target(answers(429, Retry_After="11")) as target, pytest.raises(DeliveryFailed) as raised:
        send(request(target.url), dial, NOW)
    assert raised.value.retry_after_s == 11


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/", "file:///etc/passwd", "/else", "::"]
)
def test_redirects_are_told_and_not_followed(dial: Dial, location: str) -> None:
    with (
        http_target(answers(307, Location=location)) as target,
        pytest.raises(DeliveryRefused, match="redirects are not followed"),
    ):
        send(request(target.url), dial, NOW)
    assert len(target.requests) == 1


@pytest.mark.parametrize("does", [hangs, drips, garbage])
def test_a_server_that_does_not_answer_well_is_left(does: Does) -> None:
    with http_target(does) as target, pytest.raises(DeliveryFailed) as raised:
        send(request(target.url), Dial(egress(), 0.3), NOW)
    assert "hush-hush" not in str(raised.value)


def test_an_endless_answer_is_cut(dial: Dial) -> None:
    with http_target(endless) as target:
        assert send(request(target.url), dial, NOW) == "status 200"


def test_nobody_listens(dial: Dial) -> None:
    with pytest.raises(DeliveryFailed, match="Connection refused"):
        send(request("http://127.0.0.1:9/"), dial, NOW)


def test_what_the_server_says_is_inert_and_without_our_secrets(dial: Dial) -> None:
    said = b"bad key hush-hush \x1b[31m\xff<script>" + b"y" * 5000
    with http_target(answers(403, said)) as target, pytest.raises(DeliveryRefused) as raised:
        send(request(target.url), dial, NOW)
    assert "bad key *** \\x1b[31m" in str(raised.value)
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://127.0.0.1/",
        "//example.com/",
        "http:///x",
        "https://",
        "http://u:p@example.com/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://exa mple.com/",
        "http://example.com/\r\nX: y",
        "http://[::1/",
        "http://ex\u00e4mple.com/",
        "",
    ],
)
def test_addresses_that_are_no_plain_http_are_refused_and_not_told(dial: Dial, url: str) -> None:
    with pytest.raises(DeliveryRefused) as raised:
        send(request(url), dial, NOW)
    assert str(raised.value) == "its address is not of the form `https://host/path`"


def test_the_address_that_was_judged_is_the_one_that_is_reached() -> None:
    """A name that resolves to loopback at the second look is never looked up a second time."""
    looks: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        looks.append(host)
        return ["127.0.0.1"] if len(looks) == 1 else ["127.0.0.2"]

    with http_target(answers(200), host="rebinding.example") as target:
        assert send(request(target.url), Dial(egress(("127.0.0.1",)), 60, rebinding), NOW) == "status 200"
        assert target.requests[0].headers["host"].startswith("rebinding.example:")
        assert looks == ["rebinding.example"]
        with pytest.raises(EgressRefused):
            send(request(target.url), Dial(egress(("127.0.0.1",)), 60, rebinding), NOW)
    assert len(target.requests) == 1


def test_loopback_is_refused_where_nobody_allows_it() -> None:
    with http_target(answers(200)) as target, pytest.raises(EgressRefused, match=r"127\.0\.0\.1"):
        send(request(target.url), Dial(egress(()), 60), NOW)
    assert not target.requests


def test_tls_checks_the_name_that_was_asked_for(identity: Identity) -> None:
    with http_target(answers(200), tls=identity.server(), host="localhost") as target:
        assert send(request(target.url), identity.dial(), NOW) == "status 200"
        with pytest.raises(DeliveryFailed, match="certificate is not valid"):
            send(request(target.url.replace("localhost", "other.example")), identity.dial(), NOW)
        with pytest.raises(DeliveryFailed, match="certificate is not valid"):
            send(request(target.url), Dial(egress(), 60), NOW)
    assert len(target.requests) == 1
