"""The settings of what alerts are sent to: a dataclass per kind of connector, the routes to them, and where they may
connect. A secret is named, never written: `token_env = "NAME"` is a variable, `token_file = "/path"` a file."""

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["low", "medium", "high", "critical"]


@dataclass(frozen=True, slots=True)
class EgressConfig:
    """Where connectors may connect to."""

    public: bool = True
    """Whether any public address may be reached; without, only what `allow` names."""
    allow: tuple[str, ...] = ()
    """Networks (`10.2.0.0/16`) and hosts (`smtp.corp.example`) that every connector may reach though they are not
    public: loopback, link-local (169.254.0.0/16, where instances find their credentials) and private addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorConfig:
    """What every connector has."""

    allow: tuple[str, ...] = ()
    """Private networks and hosts in them that this connector may reach; loopback and link-local need `egress.allow`."""
    template: str = ""
    """Text with `{ecs.field}` or `{ecs.field|other.field}` places; empty takes the kind's own."""
    timeout_s: float = 10
    """Seconds one attempt may take, from the connection to the end of the answer."""
    max_attempts: int = 12
    """Attempts until a delivery is given up and kept as dead; 12 are about two and a half hours with their pauses."""
    max_per_period: int = 20
    """Deliveries within `period_s`; alerts beyond are folded into one summary."""
    period_s: float = 60
    """Seconds of `max_per_period`."""

    def __post_init__(self) -> None:
        for name in ("timeout_s", "max_attempts", "max_per_period", "period_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"`{name}` must be more than 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig(ConnectorConfig):
    """A POST of JSON to any HTTP server."""

    type: Literal["webhook"] = "webhook"
    url: str = field(default="", repr=False)
    """`https://...`; no user and password in it. An address that is itself a secret is named by the next two."""
    url_env: str = ""
    url_file: str = ""
    token_env: str = ""
    token_file: str = ""
    """Secret sent as `Authorization: Bearer ...`; optional."""
    signing_key_env: str = ""
    signing_key_file: str = ""
    """Secret that signs each request as standardwebhooks.com describes (`webhook-signature: v1,...`); optional."""

    def __post_init__(self) -> None:
        ConnectorConfig.__post_init__(self)
        if sum(map(bool, (self.url, self.url_env, self.url_file))) != 1:
            raise ValueError("it needs `url`, `url_env` or `url_file`, and one of them only")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackConfig(ConnectorConfig):
    """A message by an incoming webhook of Slack."""

    type: Literal["slack"] = "slack"
    url_env: str = ""
    url_file: str = ""
    """The incoming webhook's address, a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailConfig(ConnectorConfig):
    """A plain text mail by SMTP."""

    type: Literal["email"] = "email"
    host: str
    """SMTP server."""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls` on port 587, `tls` from the start on 465; `none` only without `username`."""
    sender: str
    """Address of the sender."""
    recipients: tuple[str, ...]
    """Addresses that get the mail."""
    username: str = ""
    """Empty signs in nowhere."""
    password_env: str = ""
    password_file: str = ""
    """Secret of `username`."""

    def __post_init__(self) -> None:
        ConnectorConfig.__post_init__(self)
        if self.username and self.security == "none":
            raise ValueError("`username` needs `security` to be `starttls` or `tls`: the password would be readable")
        if not self.recipients:
            raise ValueError("`recipients` must name an address")
        if wrong := [one for one in (self.sender, *self.recipients) if not _is_address(one)]:
            raise ValueError(f"`{wrong[0]}` is no mail address")


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyConfig(ConnectorConfig):
    """An event to PagerDuty's Events API v2."""

    type: Literal["pagerduty"] = "pagerduty"
    url: str = "https://events.pagerduty.com/v2/enqueue"
    """`https://events.eu.pagerduty.com/v2/enqueue` for accounts in the EU."""
    routing_key_env: str = ""
    routing_key_file: str = ""
    """Integration key of the service, a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraConfig(ConnectorConfig):
    """An issue in Jira Cloud, by REST API v3."""

    type: Literal["jira"] = "jira"
    url: str
    """The site, `https://example.atlassian.net`."""
    project: str
    """Key of the project, `SOC`."""
    issue_type: str = "Task"
    """Name of the kind of issue."""
    user: str
    """Mail address of the account that the token belongs to."""
    token_env: str = ""
    token_file: str = ""
    """API token, a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnsConfig(ConnectorConfig):
    """A message to a topic of AWS SNS, with the credentials that the AWS libraries find."""

    type: Literal["sns"] = "sns"
    topic_arn: str
    """`arn:aws:sns:eu-west-1:111122223333:alerts`; one that ends in `.fifo` gets group and deduplication ids."""
    endpoint_url: str = ""
    """Another endpoint than the region's, such as a VPC endpoint (private: `allow` it)."""

    def __post_init__(self) -> None:
        ConnectorConfig.__post_init__(self)
        if len(parts := self.topic_arn.split(":")) != 6 or parts[2] != "sns" or not parts[3]:
            raise ValueError(f"`topic_arn` can't be `{self.topic_arn}`")


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsConfig(ConnectorConfig):
    """A message to a queue of AWS SQS, with the credentials that the AWS libraries find."""

    type: Literal["sqs"] = "sqs"
    queue_url: str
    """`https://sqs.eu-west-1.amazonaws.com/111122223333/alerts`; `.fifo` gets group and deduplication ids."""
    region: str
    """`eu-west-1`."""
    endpoint_url: str = ""
    """Another endpoint than the region's, such as a VPC endpoint (private: `allow` it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogConfig(ConnectorConfig):
    """A message by syslog (RFC 5424)."""

    type: Literal["syslog"] = "syslog"
    host: str
    """The collector."""
    port: int = 6514
    """6514 is syslog over TLS (RFC 5425), 514 over UDP (RFC 5426)."""
    transport: Literal["tls", "tcp", "udp"] = "tls"
    """UDP and TCP are readable on the way, and neither tells whether a message has arrived."""
    facility: int = 13
    """0 to 23 (RFC 5424, 6.2.1); 13 is `log audit`."""
    hostname: str = "-"
    """HOSTNAME of the messages."""

    def __post_init__(self) -> None:
        ConnectorConfig.__post_init__(self)
        if not 0 <= self.facility <= 23:
            raise ValueError("`facility` must be from 0 to 23")


Connector = (
    WebhookConfig | SlackConfig | EmailConfig | PagerDutyConfig | JiraConfig | SnsConfig | SqsConfig | SyslogConfig
)


@dataclass(frozen=True, slots=True)
class NotifyRoute:
    """Which alerts go to which connectors. What is left out takes every alert."""

    connectors: tuple[str, ...]
    """Names of `[connectors.NAME]`."""
    min_severity: Severity = "low"
    """The least severity."""
    rules: tuple[str, ...] = ()
    """Ids of rules, with `*` for any characters."""
    tags: tuple[str, ...] = ()
    """Tags of rules; one of them is enough."""


def _is_address(text: str) -> bool:
    """Enough to be put into a header and an SMTP command as it is."""
    local, _, domain = text.rpartition("@")
    return bool(local and domain) and text.isascii() and text.isprintable() and not set(text) & set(' <>,;:"()[]\\')
