"""What stands before every handler: host, key, origin, lengths, and the shape of every refusal."""

import socket
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bartizan.api.access import Access, Exposed, access_for, host_name, is_loopback
from bartizan.api.services import Services
from tests.api.conftest import OBJECT, Serve, error_of, raw_connection

KEY = "a-key-of-some-length"
PATHS = (
    "/api/v1/health",
    "/api/v1/alerts",
    "/api/v1/alerts/x",
    "/api/v1/rules",
    "/api/v1/rules/x",
    "/api/openapi.json",
)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8470", "127.0.0.1.evil.example", "", "169.254.169.254"])
def test_names_of_other_servers_are_refused(client: httpx.Client, host: str) -> None:
    answer = client.get("/api/v1/rules", headers={"Host": host})
    assert (answer.status_code, error_of(answer)["type"]) == (421, "HostNotAllowed")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8470", "[::1]:8470"])
def test_its_own_names_are_not(client: httpx.Client, host: str) -> None:
    assert client.get("/api/v1/rules", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_pages_of_other_sites_are_refused(client: httpx.Client, origin: str) -> None:
    answer = client.post("/api/v1/ingest", content=b"x", headers={**OBJECT, "Origin": origin})
    assert (answer.status_code, error_of(answer)["type"]) == (403, "ForeignOrigin")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status", "type"),
    [
        ("GET", "/", 404, "NotFound"),
        ("GET", "/docs", 404, "NotFound"),
        ("GET", "/redoc", 404, "NotFound"),
        ("GET", "/api/v1/nothing", 404, "NotFound"),
        ("GET", "/api/v1/../../etc/passwd", 404, "NotFound"),
        ("DELETE", "/api/v1/alerts", 405, "MethodNotAllowed"),
        ("GET", "/api/v1/search", 405, "MethodNotAllowed"),
    ],
)
def test_what_is_not_there(client: httpx.Client, method: str, path: str, status: int, type: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, error_of(answer)["type"]) == (status, type)


def test_an_unforeseen_error_tells_nothing(services: Services, serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Any:
        raise RuntimeError("secret detail")

    with serve(replace(services, schema=broken)) as client:
        answer = client.post("/api/v1/search", json={"query": "*"})
    assert (answer.status_code, error_of(answer)["type"]) == (500, "InternalError")
    assert "secret" not in answer.text
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("shown", [None, "", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}\u00fd", KEY])
@pytest.mark.parametrize("path", PATHS)
def test_without_the_key_nothing_is_told(keyed: httpx.Client, path: str, shown: str | None) -> None:
    headers = {} if shown is None else {"Authorization": shown.encode("latin-1")}
    answer = keyed.get(path, headers=headers)
    assert (answer.status_code, error_of(answer)["type"]) == (401, "Unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_with_the_key_any_host_is_served(keyed: httpx.Client) -> None:
    answer = keyed.get("/api/v1/rules", headers={"Authorization": f"bearer {KEY}", "Host": "siem.example"})
    assert answer.status_code == 200


@pytest.fixture(scope="module")
def keyed(services: Services, serve: Serve) -> Any:
    with serve(replace(services, access=access_for("0.0.0.0", KEY))) as client:
        yield client


SMUGGLED = b"GET /api/v1/rules HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + SMUGGLED,
        b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n" + SMUGGLED,
        b"Content-Length: -1\r\n\r\n" + SMUGGLED,
        b"Transfer-Encoding: xchunked\r\n\r\n" + SMUGGLED,
        b"Content-Length: 4\r\n Transfer-Encoding: chunked\r\n\r\n" + SMUGGLED,
    ],
)
def test_a_second_request_is_never_smuggled_in(client: httpx.Client, head: bytes) -> None:
    start = b"POST /api/v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Type: a/b\r\n"
    with raw_connection(client) as raw:
        raw.sendall(start + head)
        raw.shutdown(socket.SHUT_WR)
        told = b"".join(iter(lambda: raw.recv(65536), b""))
    assert told.count(b"HTTP/1.1 ") == 1
    assert b'"rules"' not in told


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_what_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
    if not expected:
        for key in ("", "short"):
            with pytest.raises(Exposed):
                access_for(host, key)


def test_host_names() -> None:
    assert [host_name(host) for host in ("A:1", "a", "[::1]:2", "::1", "")] == ["a", "a", "::1", "::1", ""]


def test_a_key_is_not_shown() -> None:
    assert KEY not in repr(Access(KEY))
