"""Where connectors may connect to: every form of an address, every answer of a resolver, every list."""

import pytest

from bartizan.errors import BartizanError
from bartizan.respond.egress import allowed, resolve
from bartizan.respond.errors import DeliveryFailed, EgressRefused
from tests.respond.conftest import egress

SPECIAL = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "ff0e::1",
    "2001:db8::1",
    "fec0::1",
    "64:ff9b:1::1",
    "5f00::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:a9fe:a9fe:0:0:5601:5601",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2606:4700:4700::1111", "2a00:1450:4001::1"]


@pytest.mark.parametrize("address", SPECIAL)
def test_special_addresses_are_refused(address: str) -> None:
    with pytest.raises(EgressRefused, match="may not connect"):
        egress(()).addresses("evil.example", 443, lambda *_: [address])


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached_unless_only_the_listed_are(address: str) -> None:
    assert egress(()).addresses("good.example", 443, lambda *_: [address]) == (address,)
    with pytest.raises(EgressRefused):
        egress((), public=False).addresses("good.example", 443, lambda *_: [address])


def test_one_refused_address_refuses_the_name() -> None:
    with pytest.raises(EgressRefused, match=r"169\.254\.169\.254"):
        egress(()).addresses("evil.example", 443, lambda *_: ["8.8.8.8", "169.254.169.254"])


LISTS: list[tuple[tuple[str, ...], tuple[str, ...], str, bool]] = [
    (("10.0.0.0/8",), (), "10.1.2.3", True),
    (("10.0.0.0/8",), (), "::ffff:10.1.2.3", True),
    (("10.0.0.0/8",), (), "11.0.0.1", True),
    (("10.0.0.0/8",), (), "192.168.0.1", False),
    (("169.254.169.254",), (), "169.254.169.254", True),
    (("host.example",), (), "127.0.0.1", True),
    (("HOST.example.",), (), "127.0.0.1", True),
    (("other.example",), (), "127.0.0.1", False),
    ((), ("10.0.0.0/8",), "10.1.2.3", True),
    ((), ("host.example",), "fd12::1", True),
    ((), ("0.0.0.0/0", "::/0", "host.example"), "127.0.0.1", False),
    ((), ("0.0.0.0/0", "::/0", "host.example"), "169.254.169.254", False),
    ((), ("0.0.0.0/0", "::/0", "host.example"), "fd00:ec2::254", False),
    ((), ("0.0.0.0/0", "::/0", "host.example"), "::ffff:127.0.0.1", False),
]


@pytest.mark.parametrize(("everywhere", "connector", "address", "is_allowed"), LISTS)
def test_lists_open_what_they_name(
    everywhere: tuple[str, ...], connector: tuple[str, ...], address: str, is_allowed: bool
) -> None:
    rules = egress(everywhere, connector)
    if is_allowed:
        assert rules.addresses("host.example", 443, lambda *_: [address]) == (address,)
    else:
        with pytest.raises(EgressRefused):
            rules.addresses("host.example", 443, lambda *_: [address])


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "[::1]", "::1"])
def test_other_ways_to_write_loopback_are_loopback_or_nothing(host: str) -> None:
    with pytest.raises((EgressRefused, DeliveryFailed)):
        egress(()).addresses(host, 443, resolve)


@pytest.mark.parametrize("host", ["", "a" * 300, "x\0y", "no.such.name.invalid", "xn--\ud800"])
def test_names_that_do_not_resolve(host: str) -> None:
    with pytest.raises((EgressRefused, DeliveryFailed)):
        egress(()).addresses(host, 443, resolve)


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "10.0.0.0/40", "", " ", "x/y"])
def test_a_list_names_what_is_no_network(entry: str) -> None:
    with pytest.raises(BartizanError, match=r"`egress\.allow` has"):
        allowed([entry], "egress.allow")
