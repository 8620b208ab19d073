"""VPC flow log records of the company's two watched networks: one in the default format, one in a custom format.

Fields and their order: "Flow log records" of the Amazon VPC user guide; a file begins with a line of field names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from bartizan.simulate.company import FLEET_NETWORK, SHOP_NETWORK, Network, instance_ids, interface_id
from bartizan.simulate.entropy import fixed_hex, public_pool
from bartizan.simulate.rhythm import iso, offsets_within

DEFAULT_FIELDS = (
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets",
    "bytes", "start", "end", "action", "log-status",
)  # fmt: skip
CUSTOM_FIELDS = (
    *DEFAULT_FIELDS, "vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr", "region",
    "az-id", "sublocation-type", "sublocation-id", "pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction",
    "traffic-path",
)  # fmt: skip
NETWORKS = ((SHOP_NETWORK, 60), (FLEET_NETWORK, 40))
HOSTS = 48
"""Machines of a network."""

_TCP, _UDP = 6, 17
_ACCEPTED_PORTS = (443, 443, 443, 5432, 6379, 8080, 8883, 2049, 80)
_PROBED_PORTS = (22, 23, 3389, 445, 8080, 5900, 1433, 6379, 27017, 11211)


@dataclass(frozen=True)
class Flow:
    """One flow as a machine of the network saw it."""

    host: int
    """Which machine of the network; its address is derived from it."""
    peer: str
    inbound: bool
    source_port: int
    target_port: int
    packets: int
    size_bytes: int
    start_s: int
    end_s: int
    accepted: bool = True
    protocol: int = _TCP
    tcp_flags: int = 19
    """SYN, ACK and FIN seen; 2 is a lone SYN."""


def fields_of(network: Network) -> tuple[str, ...]:
    """The fields of a network's flow log, in order."""
    return DEFAULT_FIELDS if network is SHOP_NETWORK else CUSTOM_FIELDS


def host_address(network: Network, host: int) -> str:
    """The private address of a machine."""
    return f"{network.prefix}.{1 + host % 3}.{20 + host}"


class FlowFormat:
    """Writes flows as lines of a network's flow log."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._custom = network is not SHOP_NETWORK
        self._addresses = [host_address(network, host) for host in range(HOSTS)]
        self._interfaces = [interface_id(network, host) for host in range(HOSTS)]
        instances = instance_ids(network.account, network.region)
        subnets = [f"subnet-0{fixed_hex(f'{network.vpc_id}{zone}', 16)}" for zone in range(3)]
        self._places = [
            f"{network.vpc_id} {subnets[host % 3]} {instances[host % len(instances)]}" for host in range(HOSTS)
        ]

    def line(self, flow: Flow) -> bytes:
        """A flow as a line, without its end."""
        inside = self._addresses[flow.host]
        source, target = (flow.peer, inside) if flow.inbound else (inside, flow.peer)
        text = (
            f"{5 if self._custom else 2} {self._network.account.id} {self._interfaces[flow.host]} {source} {target}"
            f" {flow.source_port} {flow.target_port} {flow.protocol} {flow.packets} {flow.size_bytes}"
            f" {flow.start_s} {flow.end_s} {'ACCEPT' if flow.accepted else 'REJECT'} OK"
        )
        return (text + self._custom_part(flow, source, target) if self._custom else text).encode()

    def _custom_part(self, flow: Flow, source: str, target: str) -> str:
        """The fields that the custom format adds; path 8 is through an internet gateway."""
        leaves = not flow.inbound and not flow.peer.startswith("10.")
        return (
            f" {self._places[flow.host]} {flow.tcp_flags if flow.protocol == _TCP else 0} IPv4 {source} {target}"
            f" {self._network.region} euw1-az{1 + flow.host % 3} - - - -"
            f" {'ingress' if flow.inbound else 'egress'} {'8' if leaves else '-'}"
        )


class NetworkTraffic:
    """Writes the flows of one network."""

    def __init__(self, seed: int, network: Network) -> None:
        self._seed, self.network = seed, network
        self._rng = Random()
        self._format = FlowFormat(network)
        self._peers = [address.decode() for address in public_pool(network.vpc_id, 900)]
        self._makers: tuple[Callable[[int], Flow], ...] = (self._served, self._called, self._inner, self._probe)

    def block(self, start: datetime, count: int) -> list[tuple[float, bytes]]:
        """`count` flows of the block that begins at `start`, with the second of the block in which each began."""
        self._rng.seed(f"{self._seed}/vpcflow/{self.network.vpc_id}/{iso(start)}", version=2)
        first = int(start.timestamp())
        makers = self._rng.choices(self._makers, weights=(40, 25, 25, 10), k=count)
        return [
            (offset, self._format.line(maker(first + offset)))
            for offset, maker in zip(offsets_within(self._rng, count), makers, strict=True)
        ]

    def _host(self) -> int:
        return int(self._rng.random() ** 2 * HOSTS)

    def _peer(self) -> str:
        return self._peers[int(self._rng.random() ** 2 * len(self._peers))]

    def _port(self) -> int:
        return 32_768 + int(self._rng.random() * 28_000)

    def _served(self, start: int) -> Flow:
        """A visitor of a public machine."""
        packets = 4 + int(self._rng.random() ** 3 * 900)
        size, end = packets * (60 + int(self._rng.random() * 1200)), start + 5 + int(self._rng.random() * 55)
        return Flow(self._host(), self._peer(), True, self._port(), 443, packets, size, start, end)

    def _called(self, start: int) -> Flow:
        """A machine that calls the internet."""
        packets = 4 + int(self._rng.random() ** 3 * 400)
        size, end = packets * (60 + int(self._rng.random() * 700)), start + 5 + int(self._rng.random() * 55)
        return Flow(self._host(), self._peer(), False, self._port(), 443, packets, size, start, end)

    def _inner(self, start: int) -> Flow:
        """Traffic between machines of the network."""
        port = _ACCEPTED_PORTS[int(self._rng.random() * len(_ACCEPTED_PORTS))]
        packets = 2 + int(self._rng.random() ** 3 * 2000)
        size, end = packets * (52 + int(self._rng.random() * 1300)), start + 5 + int(self._rng.random() * 55)
        peer = host_address(self.network, self._host())
        return Flow(self._host(), peer, False, self._port(), port, packets, size, start, end)

    def _probe(self, start: int) -> Flow:
        """The noise of the internet, rejected."""
        port = _PROBED_PORTS[int(self._rng.random() * len(_PROBED_PORTS))]
        protocol = _UDP if port == 11211 else _TCP
        return Flow(
            self._host(), self._peer(), True, self._port(), port, 1, 44, start, start + 30, False, protocol, tcp_flags=2
        )
