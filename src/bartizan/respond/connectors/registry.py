"""Which kind of settings is which connector."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bartizan import connector_config as config
from bartizan.respond.connectors import email, jira, pagerduty, slack, sns, sqs, syslog, webhook
from bartizan.respond.delivery import Delivery
from bartizan.respond.notification import Notification
from bartizan.respond.secrets import Secrets

Build = Callable[[Any, Secrets, Notification, datetime], Delivery]

BUILDERS: Mapping[type[config.ConnectorConfig], Build] = {
    config.WebhookConfig: webhook.request,
    config.SlackConfig: slack.request,
    config.EmailConfig: email.request,
    config.PagerDutyConfig: pagerduty.request,
    config.JiraConfig: jira.request,
    config.SnsConfig: sns.request,
    config.SqsConfig: sqs.request,
    config.SyslogConfig: syslog.request,
}


def build(settings: config.ConnectorConfig, secrets: Secrets, notification: Notification, now: datetime) -> Delivery:
    """What a connector sends. Raises `SecretMissing`."""
    return BUILDERS[type(settings)](settings, secrets, notification, now)


def target(settings: config.Connector) -> str:
    """Where a connector sends to, as people may see it: a host, a topic, a queue; never a secret address."""
    match settings:
        case config.SlackConfig():
            return "an incoming webhook"
        case config.EmailConfig():
            return f"{', '.join(settings.recipients)} by {settings.host}:{settings.port}"
        case config.SyslogConfig():
            return f"{settings.host}:{settings.port} over {settings.transport}"
        case config.SnsConfig():
            return settings.topic_arn
        case config.SqsConfig():
            return settings.queue_url
        case config.WebhookConfig() if not settings.url:
            return "a secret address"
        case config.WebhookConfig() | config.PagerDutyConfig() | config.JiraConfig():
            return _host(settings.url)


def _host(url: str) -> str:
    """An address up to its host: the path of a webhook may be its secret."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"
