"""Carries a delivery out by the transport that its kind needs."""

from datetime import datetime

from bartizan.respond.delivery import AwsCall, Delivery, HttpRequest, Mail, SyslogMessage
from bartizan.respond.dial import Dial
from bartizan.respond.transports import aws, http, smtp, syslog


def send(delivery: Delivery, dial: Dial, now: datetime) -> str:
    """One attempt; gives what the target said, in a few words. Raises `DeliveryRefused`, `DeliveryFailed` and
    `EgressRefused`."""
    match delivery:
        case HttpRequest():
            return http.send(delivery, dial, now)
        case Mail():
            return smtp.send(delivery, dial)
        case SyslogMessage():
            return syslog.send(delivery, dial)
        case AwsCall():
            return aws.send(delivery, dial, now)
