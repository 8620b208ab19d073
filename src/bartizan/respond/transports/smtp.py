"""One mail to an SMTP server (RFC 5321); the password goes over TLS only."""

import smtplib
import socket
from contextlib import suppress
from typing import Any

from bartizan.respond.delivery import Mail
from bartizan.respond.dial import Dial
from bartizan.respond.errors import DeliveryFailed, DeliveryRefused
from bartizan.respond.template import clipped, inert

MAX_SAID_CHARACTERS = 200


def send(mail: Mail, dial: Dial) -> str:
    """Send it once; gives how many recipients were taken. Raises `DeliveryRefused`, `DeliveryFailed`, `EgressRefused`.

    A server that takes some of the recipients has taken the mail: another attempt would send it to them twice.
    """
    with dial.connection(mail.host, mail.port) as connected:
        try:
            refused = _sent(mail, dial, connected)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(mail.host, *next(iter(error.recipients.values()))) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(mail.host, error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPServerDisconnected as error:
            raise _broken(error) from error
        except smtplib.SMTPException as error:
            raise DeliveryRefused(inert(str(error)), where=mail.host) from error
    taken = len(mail.recipients) - len(refused)
    return f"taken for {taken} of {len(mail.recipients)} recipients"


def _sent(mail: Mail, dial: Dial, connected: socket.socket) -> dict[str, Any]:
    stream = dial.tls.wrap_socket(connected, server_hostname=mail.host) if mail.security == "tls" else connected
    server = _Connected(mail.host, stream)
    try:
        if mail.security == "starttls":
            server.starttls(context=dial.tls)
        if mail.username:
            server.login(mail.username, mail.password)
        refused: dict[str, Any] = server.sendmail(mail.sender, mail.recipients, mail.message)
        with suppress(smtplib.SMTPException, OSError):  # the mail is taken, whatever is said now
            server.putcmd("quit")
        return refused
    finally:
        server.close()


class _Connected(smtplib.SMTP):
    """SMTP over a connection that stands."""

    def __init__(self, host: str, connected: socket.socket) -> None:
        self._stream = connected
        super().__init__(
            host, connected.getpeername()[1], local_hostname="localhost", timeout=connected.gettimeout() or 1
        )

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._stream


def _broken(error: smtplib.SMTPServerDisconnected) -> OSError:
    """What broke the connection: `smtplib` tells a server that says nothing from one that hangs up by its context."""
    return TimeoutError() if isinstance(error.__context__, TimeoutError) else ConnectionError("the server hung up")


def _refused(host: str, code: int, said: bytes | str) -> DeliveryFailed | DeliveryRefused:
    """4yz asks to try again, 5yz not to (RFC 5321, 4.2.1)."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    message = f"it answered {code}: {inert(clipped(text, MAX_SAID_CHARACTERS))}"
    return DeliveryRefused(message, where=host) if code >= 500 else DeliveryFailed(message, where=host)
