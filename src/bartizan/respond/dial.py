"""Opens connections for transports: to an address that was judged, for no longer than an attempt may take."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property

from bartizan.respond.egress import Egress, Resolve, resolve
from bartizan.respond.errors import DeliveryFailed
from bartizan.respond.template import inert


@dataclass(frozen=True)
class Dial:
    """Connects on behalf of one connector."""

    egress: Egress
    timeout_s: float
    """Seconds of one attempt."""
    resolve: Resolve = resolve
    authorities: str | None = None
    """File of certificate authorities; None takes the system's."""

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """TLS 1.2 or newer; certificates and their names are checked."""
        context = ssl.create_default_context(cafile=self.authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    @contextmanager
    def connection(self, host: str, port: int) -> Iterator[socket.socket]:
        """A TCP connection, cut when the attempt's time is over: whoever sends a byte at a time gains nothing.

        Raises `EgressRefused`, or `DeliveryFailed` when no address answers; errors of the socket inside come as
        `DeliveryFailed` too.
        """
        deadline_s = time.monotonic() + self.timeout_s
        connected = self._connected(host, port, deadline_s)
        with connected, _cut_after(connected, max(deadline_s - time.monotonic(), 0.001)) as was_cut:
            try:
                yield connected
            except (OSError, EOFError) as error:
                raise self._failed(host, error, was_cut.is_set()) from error
            if was_cut.is_set():  # an answer that was cut may look like a whole one
                raise self._failed(host, TimeoutError(), True)

    def address(self, host: str, port: int) -> str:
        """An address to send datagrams to. Raises as `connection` does."""
        return self.egress.addresses(host, port, self.resolve)[0]

    def _connected(self, host: str, port: int, deadline_s: float) -> socket.socket:
        failure: OSError = TimeoutError()
        addresses = self.egress.addresses(host, port, self.resolve)
        for number, address in enumerate(addresses):
            share_s = (deadline_s - time.monotonic()) / (len(addresses) - number)
            if share_s <= 0:
                break
            try:
                connected = socket.create_connection((address, port), timeout=share_s)
            except OSError as error:
                failure = error
            else:
                connected.settimeout(self.timeout_s)
                return connected
        raise self._failed(host, failure, isinstance(failure, TimeoutError)) from failure

    def _failed(self, host: str, error: Exception, is_late: bool) -> DeliveryFailed:
        if is_late or isinstance(error, TimeoutError):
            return DeliveryFailed(f"no whole answer within {self.timeout_s:g} s", where=inert(host))
        if isinstance(error, ssl.SSLCertVerificationError):
            return DeliveryFailed(f"its certificate is not valid: {inert(error.verify_message)}", where=inert(host))
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        return DeliveryFailed(f"the connection failed: {inert(said)}", where=inert(host))


@contextmanager
def _cut_after(connected: socket.socket, seconds: float) -> Iterator[threading.Event]:
    """Shuts the connection down after some time, whatever wraps it by then; the event tells whether it did."""
    was_cut = threading.Event()
    handle = connected.dup()

    def cut() -> None:
        was_cut.set()
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield was_cut
    finally:
        timer.cancel()
        timer.join()
        handle.close()
