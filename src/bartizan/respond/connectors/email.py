"""E-mail: plain text. A value can't add a header, another recipient or markup."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bartizan.connector_config import EmailConfig
from bartizan.respond.delivery import Mail
from bartizan.respond.message import body, subject
from bartizan.respond.notification import Notification
from bartizan.respond.secrets import Secrets
from bartizan.respond.template import clipped, inert

MAX_SUBJECT_CHARACTERS = 200
MAX_BODY_CHARACTERS = 100_000


def request(settings: EmailConfig, secrets: Secrets, notification: Notification, now: datetime) -> Mail:
    """`Message-ID` is the delivery's id at the sender's domain: a second delivery is known by it (RFC 5322, 3.6.4)."""
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.recipients)
    message["Subject"] = clipped(inert(subject(notification)), MAX_SUBJECT_CHARACTERS)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{notification.id}@{settings.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # keeps out-of-office answers away (RFC 3834, 5)
    message.set_content(clipped(body(notification, settings.template), MAX_BODY_CHARACTERS))
    password = secrets.required("password", settings.password_env, settings.password_file) if settings.username else ""
    return Mail(
        settings.host,
        settings.port,
        settings.security,
        settings.sender,
        settings.recipients,
        message.as_bytes(),
        settings.username,
        password,
    )
