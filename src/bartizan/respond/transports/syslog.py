"""One frame to a syslog collector. Syslog has no acknowledgement: a frame is sent when the system has taken it."""

import socket

from bartizan.respond.delivery import SyslogMessage
from bartizan.respond.dial import Dial
from bartizan.respond.errors import DeliveryFailed


def send(message: SyslogMessage, dial: Dial) -> str:
    """Send it once. Raises `DeliveryFailed`, `EgressRefused`."""
    if message.transport == "udp":
        _datagram(message, dial.address(message.host, message.port))
        return "sent as a datagram"
    with dial.connection(message.host, message.port) as connected:
        is_tls = message.transport == "tls"
        with dial.tls.wrap_socket(connected, server_hostname=message.host) if is_tls else connected as stream:
            stream.sendall(message.frame)
            if is_tls:
                _closed(stream)
    return f"sent over {message.transport}"


def _closed(stream: socket.socket) -> None:
    """Say goodbye as RFC 5425, 4.4 asks."""
    stream.shutdown(socket.SHUT_WR)


def _datagram(message: SyslogMessage, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        try:
            sender.sendto(message.frame, (address, message.port))
        except OSError as error:
            raise DeliveryFailed(f"it can't be sent: {error.strerror}", where=message.host) from error
