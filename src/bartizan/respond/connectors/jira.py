"""Jira Cloud: an issue by REST API v3, its text as a document of text nodes, in which nothing is markup
(developer.atlassian.com/cloud/jira/platform/rest/v3)."""

import base64
from datetime import datetime

import orjson

from bartizan.connector_config import JiraConfig
from bartizan.respond.delivery import HttpRequest
from bartizan.respond.message import body, subject
from bartizan.respond.notification import Notification
from bartizan.respond.secrets import Secrets
from bartizan.respond.template import clipped, inert

PATH = "/rest/api/3/issue"
MAX_SUMMARY_CHARACTERS = 255
MAX_DESCRIPTION_CHARACTERS = 30_000
"""A text field holds 32,767 characters."""


def request(settings: JiraConfig, secrets: Secrets, notification: Notification, now: datetime) -> HttpRequest:
    """The delivery's id is a label, by which people find an issue that came twice: Jira has no key against it."""
    token = secrets.required("token", settings.token_env, settings.token_file)
    text = clipped(body(notification, settings.template), MAX_DESCRIPTION_CHARACTERS)
    issue = {
        "fields": {
            "project": {"key": settings.project},
            "issuetype": {"name": settings.issue_type},
            "summary": clipped(inert(subject(notification)), MAX_SUMMARY_CHARACTERS),
            "labels": ["bartizan", f"bartizan-{notification.id}"],
            "description": {"type": "doc", "version": 1, "content": [_paragraph(line) for line in text.splitlines()]},
        }
    }
    credentials = base64.b64encode(f"{settings.user}:{token}".encode()).decode()
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Authorization": f"Basic {credentials}",
    }
    return HttpRequest(settings.url.rstrip("/") + PATH, headers, orjson.dumps(issue), (token, credentials))


def _paragraph(line: str) -> dict[str, object]:
    """A text node is never empty (Atlassian Document Format)."""
    return {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}
