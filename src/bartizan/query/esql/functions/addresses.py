"""Functions of addresses (elastic.co, ES|QL "IP functions")."""

from collections.abc import Mapping

from sqlglot import exp

from bartizan.query.esql.conversions import coerced
from bartizan.query.esql.functions.signature import ADDRESS, INTEGER, TEXT, Built, Function
from bartizan.query.esql.typed import Mistake, Tree, Type, Typed, cast, number, one
from bartizan.query.sql import call, one_of
from bartizan.query.values import read_address, read_network

_ADDRESSES = ADDRESS | TEXT


def _address(built: Built, index: int) -> Tree:
    typed = built.arguments[index]
    if typed.type is Type.IP:
        return one(typed)
    return one(coerced(typed, Type.IP, built.env) or Typed(call("toIPv6OrNull", one(typed)), Type.IP))


def _cidr_match(built: Built) -> Typed:
    """Whether an address lies in one of the networks; `a.b.c.d` alone is a network of one."""
    address = _address(built, 0)
    inside = [_inside(address, built, place) for place in range(1, len(built))]
    return Typed(
        call("if", call("isNull", address.copy()), exp.Null(), call("toNullable", one_of(inside))), Type.BOOLEAN
    )


def _inside(address: Tree, built: Built, place: int) -> Tree:
    constant = built.constant(place)
    written = constant if isinstance(constant, tuple) else (constant,)
    found = []
    for one_ in map(str, written):
        network, single = read_network(one_), read_address(one_)
        if network is None and single is None:
            raise Mistake(f"`{one_[:60]}` is no network", "write it as `10.0.0.0/8`", place)
        low = network.network_address if network else single
        high = network.broadcast_address if network else single
        assert low is not None
        assert high is not None
        known = call("ifNull", address.copy(), built.env.binder.scalar(low))
        found.append(
            exp.Paren(
                this=exp.And(
                    this=exp.GTE(this=known, expression=built.env.binder.scalar(low)),
                    expression=exp.LTE(this=known.copy(), expression=built.env.binder.scalar(high)),
                )
            )
        )
    return one_of(found)


def _prefix(built: Built) -> Typed:
    """The address with only the first bits, of IPv4 or IPv6 as it is."""
    address = _address(built, 0)
    v4, v6 = (
        call("toUInt8", call("least", call("greatest", built[place], number(0)), number(most)))
        for place, most in ((1, 32), (2, 128))
    )
    text_ = call("toString", address)
    is_v4 = call("startsWith", text_.copy(), exp.Literal.string("::ffff:"))
    of_v4 = call(
        "tupleElement",
        call("IPv6CIDRToRange", address.copy(), call("toUInt8", call("plus", v4, number(96)))),
        number(1),
    )
    of_v6 = call("tupleElement", call("IPv6CIDRToRange", address.copy(), v6), number(1))
    return Typed(cast(call("if", is_v4, of_v4, of_v6), "Nullable(IPv6)"), Type.IP)


ADDRESSES: Mapping[str, Function] = {
    "cidr_match": Function((_ADDRESSES, TEXT), _cidr_match, variadic=True),
    "ip_prefix": Function((_ADDRESSES, INTEGER, INTEGER), _prefix),
}
"""What each takes and gives."""
