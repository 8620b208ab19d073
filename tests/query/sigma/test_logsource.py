"""Log sources: which entry counts, what a field is called; a CloudTrail rule finds its events."""

from typing import Any

import pytest

from bartizan.ecs import Registry
from bartizan.ecs.registry import load_registry
from bartizan.integrations.catalog import SHIPPED, load_catalog
from bartizan.query.binder import Binder
from bartizan.query.compile import checked, predicate
from bartizan.query.index_patterns import select_streams
from bartizan.query.schema import Schema
from bartizan.query.sigma.logsource import all_fields, source_of
from bartizan.query.sigma.lower import lower_rule
from bartizan.query.sigma.rule import LogSource, read_detection_rule
from tests.query.conftest import NOW, Ask, create_table, load_events, matching_ids

NAMES = [
    (("windows", "process_creation", ""), "Image", "process.executable"),
    (("windows", "registry_set", ""), "TargetObject", "winlog.event_data.TargetObject"),
    (("windows", "image_load", ""), "OriginalFileName", "file.pe.original_file_name"),
    (("windows", "", "security"), "EventID", "event.code"),
    (("windows", "", "unheard-of"), "Some", "winlog.event_data.Some"),
    (("linux", "process_creation", ""), "CommandLine", "process.command_line"),
    (("linux", "", "auditd"), "a0", "auditd.data.a0"),
    (("aws", "", "cloudtrail"), "requestParameters.a.b", "aws.cloudtrail.flattened.request_parameters.a.b"),
    (("aws", "", "cloudtrail"), "source.ip", "source.ip"),
    (("okta", "", "okta"), "eventType", "event.action"),
    (("zeek", "", "dns"), "rejected", "zeek.dns.rejected"),
    (("", "proxy", ""), "c-uri", "url.original"),
    (("nobody", "", ""), "Image", "Image"),
]


@pytest.mark.parametrize(("source", "name", "expected"), NAMES)
def test_field_names(source: tuple[str, str, str], name: str, expected: str, registry: Registry) -> None:
    assert source_of(LogSource(*source)).field(name, registry) == expected


def test_the_most_specific_entry_counts() -> None:
    assert source_of(LogSource("windows", "process_creation", "")).conditions["event.category"] == ("process",)
    assert source_of(LogSource("windows", "", "security")).index[0] == "logs-system.security-*"
    assert not source_of(LogSource("nobody")).known


def test_cloudtrail_names_are_those_of_the_stream() -> None:
    registry = load_catalog((SHIPPED,)).registry(load_registry())
    unknown = {
        name
        for name in source_of(LogSource("aws", "", "cloudtrail")).fields.values()
        if registry.get(name) is None and "*" not in name
    }
    assert unknown <= {"aws.cloudtrail.flattened.response_elements"}
    assert "event.action" in all_fields()


STREAM = "logs-aws.cloudtrail-default"
COLUMNS = {
    "@timestamp": "DateTime64(3, 'UTC')",
    "event.id": "String",
    "event.dataset": "LowCardinality(String)",
    "event.action": "LowCardinality(String)",
    "event.provider": "LowCardinality(String)",
    "aws.cloudtrail.error_code": "LowCardinality(String)",
    "aws.cloudtrail.user_identity.type": "LowCardinality(String)",
    "aws.cloudtrail.flattened.request_parameters": "String",
}
RULE = """
title: A user opens a group to the world
logsource: {product: aws, service: cloudtrail}
detection:
  call:
    eventSource: ec2.amazonaws.com
    eventName: AuthorizeSecurityGroupIngress
    requestParameters.ipPermissions.cidrIp: 0.0.0.0/0
  failed:
    errorCode|contains: Unauthorized
  root:
    userIdentity.type: Root
  condition: call and not 1 of failed* and not root
"""


def test_a_cloudtrail_rule_finds_its_events(ask: Ask, chdb_connection: Any, registry: Registry) -> None:
    create_table(chdb_connection, STREAM, COLUMNS)
    own = {"event.dataset": "aws.cloudtrail", "event.provider": "ec2.amazonaws.com"}
    asked = '"event.action":"AuthorizeSecurityGroupIngress","aws.cloudtrail.flattened.request_parameters":'
    opened = r'"{\"ipPermissions\":[{\"cidrIp\":\"0.0.0.0/0\"}]}"'
    base = ",".join(f'"{key}":"{value}"' for key, value in own.items())
    lines = (
        f'{{"event.id":"c1",{base},{asked}{opened}}}\n'
        f'{{"event.id":"c2",{base},{asked}{opened},"aws.cloudtrail.error_code":"Client.UnauthorizedOperation"}}\n'
        f'{{"event.id":"c3",{base},{asked}{opened},"aws.cloudtrail.user_identity.type":"Root"}}\n'
        f'{{"event.id":"c4",{base},{asked}"{{}}"}}\n'
    )
    load_events(chdb_connection, STREAM, lines)
    schema = Schema({STREAM: COLUMNS}, registry, "missing")
    lowered, binder = lower_rule(read_detection_rule(RULE), schema, NOW), Binder()
    assert select_streams(lowered.index, ["logs-x-default", STREAM]) == (STREAM,)
    assert lowered.notes == ()
    tree = predicate(checked(lowered.expr, RULE, schema), schema, binder)
    assert matching_ids(ask, tree, binder, STREAM) == ["c1"]
