"""The storage policy: which columns get dictionaries, codecs and skip indexes."""

import pytest

from bartizan.ecs.registry import Registry
from bartizan.engine.columns import LOOKED_UP, TIMES, stored

DICTIONARY = "LowCardinality(String)"
BLOOM = "bloom_filter(0.01)"


@pytest.mark.parametrize(
    ("name", "mapped", "kept"),
    [
        # few values, many rows: a dictionary
        ("event.action", "String", DICTIONARY),
        ("event.outcome", "LowCardinality(String)", DICTIONARY),
        ("event.category", "Array(String)", "Array(LowCardinality(String))"),
        ("cloud.account.id", "String", DICTIONARY),
        ("rule.id", "String", DICTIONARY),
        ("user.name", "String", DICTIONARY),
        ("user.id", "String", DICTIONARY),
        ("user_agent.original", "String", DICTIONARY),
        ("aws.cloudtrail.user_identity.access_key_id", "String", DICTIONARY),
        ("a.field.nobody.knows", "String", DICTIONARY),
        # values that hardly repeat: plain text
        ("event.id", "String", "String"),
        ("event.hash", "String", "String"),
        ("file.hash.sha256", "String", "String"),
        ("network.community_id", "String", "String"),
        ("process.entity_id", "String", "String"),
        ("aws.cloudtrail.request_id", "String", "String"),
        ("aws.cloudtrail.user_identity.arn", "String", "String"),
        # long or open text: plain text
        ("event.original", "String", "String"),
        ("message", "String", "String"),
        ("error.message", "String", "String"),
        ("url.path", "String", "String"),
        ("process.command_line", "String", "String"),
        ("labels", "String", "String"),
        # a text without a value is '', never NULL; nor is an element of an array
        ("event.reason", "Nullable(String)", DICTIONARY),
        ("tags", "Array(Nullable(String))", "Array(LowCardinality(String))"),
        ("related.ip", "Array(Nullable(IPv6))", "Array(IPv6)"),
        # what is no text stays as it was mapped, without a dictionary
        ("source.ip", "Nullable(IPv6)", "Nullable(IPv6)"),
        ("source.port", "LowCardinality(Nullable(UInt16))", "Nullable(UInt16)"),
        ("source.bytes", "Nullable(UInt64)", "Nullable(UInt64)"),
        ("event.created", "Nullable(DateTime64(3, 'UTC'))", "Nullable(DateTime64(3, 'UTC'))"),
        ("@timestamp", "DateTime64(3, 'UTC')", "DateTime64(3, 'UTC')"),
    ],
)
def test_the_type_a_column_is_kept_as(registry: Registry, name: str, mapped: str, kept: str) -> None:
    assert stored(name, mapped, registry).type == kept


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("@timestamp", "minmax"),
        ("event.ingested", "minmax"),
        ("event.id", BLOOM),
        ("source.ip", BLOOM),
        ("destination.address", BLOOM),
        ("host.ip", BLOOM),
        ("related.ip", BLOOM),
        ("related.user", BLOOM),
        ("related.hash", BLOOM),
        ("related.hosts", BLOOM),
        ("user.name", BLOOM),
        ("user.id", BLOOM),
        ("file.hash.sha256", BLOOM),
        ("process.hash.md5", BLOOM),
        ("process.entity_id", BLOOM),
        ("network.community_id", BLOOM),
        ("aws.cloudtrail.user_identity.arn", BLOOM),
        ("aws.cloudtrail.user_identity.access_key_id", BLOOM),
        ("event.action", ""),
        ("event.original", ""),
        ("source.port", ""),
        ("user.name.text", ""),
        ("related.ipv6_count", ""),
    ],
)
def test_the_index_a_column_has(registry: Registry, name: str, index: str) -> None:
    assert stored(name, "String", registry).index == index


def test_times_rise_and_are_kept_as_differences(registry: Registry) -> None:
    for name in TIMES:
        assert stored(name, "DateTime64(3, 'UTC')", registry).codec == "Delta(8), ZSTD(1)"


@pytest.mark.parametrize("name", ["event.action", "event.original", "source.ip", "event.created"])
def test_all_else_is_compressed_with_zstd(registry: Registry, name: str) -> None:
    assert stored(name, "String", registry).codec.startswith("ZSTD(")


def test_every_field_of_ecs_that_is_looked_up_is_an_exact_value(registry: Registry) -> None:
    """A bloom filter over words of a text would never be asked."""
    types = [field.type for field in map(registry.get, filter(LOOKED_UP.match, registry.names)) if field]
    assert len(types) > 50
    assert set(types) <= {"keyword", "ip", "wildcard"}
