"""Index patterns choose the streams that a rule written for Elastic's names means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.query.globs import fits
from bartizan.query.index_patterns import select_streams

CLOUDTRAIL, WAF, PROD = "logs-aws.cloudtrail-default", "logs-aws.waf-default", "logs-aws.cloudtrail-prod"
METRICS, ALERTS, HIDDEN = "metrics-system-default", "alerts-detection-default", ".hidden-default"
STREAMS = (CLOUDTRAIL, WAF, PROD, METRICS, ALERTS, HIDDEN)


@pytest.mark.parametrize(
    ("pattern", "selected"),
    [
        ("logs-aws*", [CLOUDTRAIL, WAF, PROD]),
        ("logs-aws.cloudtrail-*", [CLOUDTRAIL, PROD]),
        ("logs-*:default", [CLOUDTRAIL, WAF]),
        ("logs-aws.waf-default", [WAF]),
        ("filebeat-*", [CLOUDTRAIL, WAF, PROD]),
        ("auditbeat-8.*", [CLOUDTRAIL, WAF, PROD]),
        (["filebeat-*", "logs-aws.cloudtrail-*"], [CLOUDTRAIL, WAF, PROD]),
        ("logs-*, -logs-aws.waf-*", [CLOUDTRAIL, PROD]),
        ("logs-*,-*-prod,logs-aws.cloudtrail-prod", [CLOUDTRAIL, WAF, PROD]),
        ("*", [CLOUDTRAIL, WAF, PROD, METRICS, ALERTS]),
        (".hidden-*", [HIDDEN]),
        ("*:logs-aws.waf-*", [WAF]),
        (".alerts-security.*", [ALERTS]),
        (".alerts-security.alerts-default", [ALERTS]),
        (".internal.alerts-security.alerts-default-000001", [ALERTS]),
        ("*:.alerts-security.alerts-*", [ALERTS]),
        ("alerts-*,-.alerts-security.*", []),
        ("apm-*-transaction*", []),
        ("", []),
        (",,-", []),
    ],
)
def test_selects(pattern: str | list[str], selected: list[str]) -> None:
    assert select_streams(pattern, STREAMS) == tuple(selected)


@given(st.text("ab*", max_size=8), st.text("ab", max_size=10))
def test_globs_are_what_a_plain_definition_says(pattern: str, name: str) -> None:
    def plain(rest: str, left: str) -> bool:
        if not rest:
            return not left
        if rest[0] == "*":
            return any(plain(rest[1:], left[skip:]) for skip in range(len(left) + 1))
        return left[:1] == rest[0] and plain(rest[1:], left[1:])

    assert fits(pattern, name) == plain(pattern, name)
