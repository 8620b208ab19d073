"""Slack: blocks by an incoming webhook. Values make no markup, no link and no ping."""

from datetime import datetime

import orjson

from bartizan.connector_config import SlackConfig
from bartizan.respond.delivery import HttpRequest
from bartizan.respond.message import body, subject
from bartizan.respond.notification import Notification
from bartizan.respond.secrets import Secrets
from bartizan.respond.template import clipped

MAX_HEADER_CHARACTERS = 150
MAX_SECTION_CHARACTERS = 3000
"""Limits of the header and section blocks (docs.slack.dev/reference/block-kit/blocks)."""


def request(settings: SlackConfig, secrets: Secrets, notification: Notification, now: datetime) -> HttpRequest:
    """A header, which is plain text, and a section by the template, where `verbatim` keeps addresses and names of
    channels as they are. Slack has no key against a second delivery."""
    url = secrets.required("url", settings.url_env, settings.url_file)
    title = clipped(subject(notification), MAX_HEADER_CHARACTERS)
    text = _whole_entities(clipped(body(notification, settings.template, escape), MAX_SECTION_CHARACTERS))
    message = {
        "text": escape(title),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}},
            {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}},
        ],
    }
    return HttpRequest(url, {"Content-Type": "application/json"}, orjson.dumps(message), (url,))


def escape(text: str) -> str:
    """`&`, `<` and `>` as entities: no `<!channel>`, no `<https://...|text>` (docs.slack.dev, message formatting)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _whole_entities(text: str) -> str:
    """An entity that clipping cut goes."""
    head, cut, tail = text.rpartition("&")
    return f"{head}..." if cut and text.endswith("...") and ";" not in tail and len(tail) < len("&amp;...") else text
