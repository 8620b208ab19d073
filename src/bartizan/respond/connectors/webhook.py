"""Webhook: the notification as JSON, named by its id and signed as standardwebhooks.com describes."""

import base64
import hashlib
import hmac
from datetime import datetime

import orjson

from bartizan.connector_config import WebhookConfig
from bartizan.respond.delivery import HttpRequest
from bartizan.respond.message import payload
from bartizan.respond.notification import Notification
from bartizan.respond.secrets import Secrets

_KEY_PREFIX = "whsec_"
"""Marks a signing key that is written in base64."""


def request(settings: WebhookConfig, secrets: Secrets, notification: Notification, now: datetime) -> HttpRequest:
    """`Idempotency-Key` and `webhook-id` are the delivery's id, the same at each attempt."""
    url = settings.url or secrets.required("url", settings.url_env, settings.url_file)
    body = orjson.dumps(payload(notification, settings.template), default=str)
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": notification.id,
        "webhook-id": notification.id,
        "webhook-timestamp": str(int(now.timestamp())),
    }
    token = secrets.optional("token", settings.token_env, settings.token_file)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    key = secrets.optional("signing_key", settings.signing_key_env, settings.signing_key_file)
    if key:
        headers["webhook-signature"] = f"v1,{signature(key, notification.id, headers['webhook-timestamp'], body)}"
    return HttpRequest(url, headers, body, (token, key, url))


def signature(key: str, id: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA-256 over `id.timestamp.body`, base64; a `whsec_` key is base64, any other is taken as it is."""
    encoded = key.removeprefix(_KEY_PREFIX)
    raw = base64.b64decode(encoded, validate=False) if key.startswith(_KEY_PREFIX) else key.encode()
    return base64.b64encode(hmac.digest(raw, f"{id}.{timestamp}.".encode() + body, hashlib.sha256)).decode()
