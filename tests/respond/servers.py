"""Targets on loopback that do what they are told: HTTP, SMTP and syslog servers in threads."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    """What came in."""

    path: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[["Handler"], None]


def answers(status: int, body: bytes = b"", **headers: str) -> Answer:
    """A plain answer."""

    def answer(handler: "Handler") -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hangs(handler: "Handler") -> None:
    """Reads the request and says nothing until the server is stopped."""
    handler.target.stopping.wait()


def drips(handler: "Handler") -> None:
    """A byte of a header now and then: no single wait is long."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while not handler.target.stopping.wait(0.02):
        handler.wfile.write(b"x")


def endless(handler: "Handler") -> None:
    """A body without an end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not handler.target.stopping.is_set():
        handler.wfile.write(b"x" * 65536)


def garbage(handler: "Handler") -> None:
    """No HTTP."""
    handler.wfile.write(b"\x00\xff\r\n\r\n")


class Handler(BaseHTTPRequestHandler):
    """Answers with the next of the target's script, the last again and again."""

    target: "HttpTarget"

    def do_POST(self) -> None:
        """Any path."""
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size)
        if len(body) < size:  # the client was killed
            return
        script = self.target.script
        self.target.requests.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        with suppress(OSError):
            (script.pop(0) if len(script) > 1 else script[0])(self)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@dataclass
class HttpTarget:
    """An HTTP server on loopback."""

    url: str
    script: list[Answer]
    requests: list[Request] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)


@contextmanager
def http_target(*script: Answer, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[HttpTarget]:
    """A server that answers in turn."""
    handler = type("ScriptedHandler", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        target = HttpTarget(f"{'https' if tls else 'http'}://{host}:{server.server_address[1]}/hook", list(script))
        handler.target = target  # type: ignore[attr-defined]
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        with _serving(server):
            try:
                yield target
            finally:
                target.stopping.set()


@dataclass
class SmtpSink:
    """An SMTP server on loopback."""

    port: int
    refusals: dict[str, bytes]
    """What to answer to a command, by its first word, instead of taking it."""
    recipients: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)


@contextmanager
def smtp_sink(refusals: dict[str, bytes] | None = None, tls: ssl.SSLContext | None = None) -> Iterator[SmtpSink]:
    """A server that takes mail; with `tls`, after STARTTLS."""

    class Session(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with ExitStack() as opened:
                self._talk(opened.enter_context(self.request), opened)

        def _talk(self, stream: socket.socket, opened: ExitStack) -> None:
            lines = opened.enter_context(stream.makefile("rb"))
            _say(stream, b"220 sink")
            while line := lines.readline():
                word = line.split(b" ")[0].strip().decode().upper()
                if refusal := sink.refusals.get(word):
                    _say(stream, refusal)
                elif word == "EHLO":
                    _say(stream, b"250-sink\r\n250-AUTH PLAIN\r\n250 STARTTLS" if tls else b"250 sink")
                elif word == "STARTTLS" and tls:
                    _say(stream, b"220 go")
                    stream = opened.enter_context(tls.wrap_socket(stream, server_side=True))
                    lines = opened.enter_context(stream.makefile("rb"))
                elif word == "AUTH":
                    sink.logins.append(line.decode().strip())
                    _say(stream, b"235 welcome")
                elif word == "RCPT":
                    sink.recipients.append(line.decode().strip())
                    _say(stream, b"250 ok")
                elif word == "DATA":
                    _say(stream, b"354 go on")
                    sink.messages.append(message_from_bytes(b"".join(iter(lines.readline, b".\r\n"))))
                    _say(stream, b"250 taken")
                elif word == "QUIT":
                    _say(stream, b"221 bye")
                    return
                else:
                    _say(stream, b"250 ok")

    with _Server(("127.0.0.1", 0), Session) as server:
        sink = SmtpSink(server.server_address[1], refusals or {})
        with _serving(server):
            yield sink


@contextmanager
def tcp_sink(tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, Callable[[], bytes]]]:
    """A port, and what was sent to it by a connection that has ended."""
    received: list[bytes] = []
    ended = threading.Event()

    class Session(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            stream: socket.socket = tls.wrap_socket(self.request, server_side=True) if tls else self.request
            with stream, suppress(OSError):
                while part := stream.recv(65536):
                    received.append(part)
            ended.set()

    def content() -> bytes:
        assert ended.wait(60)
        return b"".join(received)

    with _Server(("127.0.0.1", 0), Session) as server, _serving(server):
        yield server.server_address[1], content


@contextmanager
def udp_sink() -> Iterator[tuple[int, Callable[[], bytes]]]:
    """A port, and the next datagram that comes to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(60)
        yield receiver.getsockname()[1], lambda: receiver.recv(65536)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no news."""


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def _say(stream: socket.socket, text: bytes) -> None:
    stream.sendall(text + b"\r\n")
