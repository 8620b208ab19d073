"""Which server evaluates which rule: evenly, and few change hands."""

from collections import Counter

from bartizan.detect.sharing import server_of

RULES = [f"rule-{number}" for number in range(1000)]


def test_rules_are_spread_evenly_whatever_the_order_of_servers() -> None:
    servers = ("a", "b", "c", "d")
    owners = [server_of(rule, servers) for rule in RULES]
    assert owners == [server_of(rule, servers[::-1]) for rule in RULES]
    assert all(200 < number < 300 for number in Counter(owners).values())


def test_only_the_rules_of_who_goes_change_hands() -> None:
    before = {rule: server_of(rule, ("a", "b", "c")) for rule in RULES}
    after = {rule: server_of(rule, ("a", "c")) for rule in RULES}
    assert {rule for rule in RULES if before[rule] != after[rule]} == {rule for rule in RULES if before[rule] == "b"}


def test_without_servers_nobody_does() -> None:
    assert server_of("rule", ()) is None
