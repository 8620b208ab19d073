"""EQL's functions and operators by name: which function of the IR each is, and whether its arguments fit."""

from difflib import get_close_matches
from ipaddress import IPv6Network

from bartizan.query import ir
from bartizan.query.expressions import kind_of
from bartizan.query.functions import FUNCTIONS
from bartizan.query.values import read_address, read_network

_NAMES = {
    "add": "add",
    "between": "between",
    "cidrMatch": "cidr_match",
    "concat": "concat",
    "divide": "divide",
    "endsWith": "ends_with",
    "indexOf": "index_of",
    "length": "length",
    "modulo": "modulo",
    "multiply": "multiply",
    "number": "number",
    "startsWith": "starts_with",
    "string": "string",
    "stringContains": "contains",
    "substring": "substring",
    "subtract": "subtract",
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "%": "modulo",
}
"""elastic.co, EQL function reference; rules write the names in any case."""

_BY_LOWER_NAME = {name.lower(): name for name in _NAMES}
_CASELESS = frozenset({"between", "ends_with", "index_of", "starts_with", "contains"})
_TEXTS = (ir.Kind.KEYWORD, ir.Kind.TEXT)
_CONSTANTS = {"cidr_match": 1, "between": 3}
"""From which argument on constants are asked for."""


class Misused(ValueError):
    """A function that there is none of, or that is given what it doesn't take; and the way out."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def call_of(name: str, arguments: tuple[ir.Value, ...], ignore_case: bool) -> ir.Call:
    """The call of EQL's `name`. Raises `Misused`."""
    known = _BY_LOWER_NAME.get(name.lower())
    if known is None:
        near = get_close_matches(name, [name for name in _NAMES if name.isalpha()], 1)
        hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(n for n in _NAMES if n.isalpha())}"
        raise Misused(f"there is no function `{name}`", hint)
    function = _NAMES[known]
    if ignore_case and function not in _CASELESS:
        raise Misused(f"`{known}` has no form that ignores case", "leave the `~` out")
    _check_count(known, function, len(arguments))
    _check_kinds(known, function, arguments)
    if function == "cidr_match":
        arguments = (arguments[0], *(_network(argument) for argument in arguments[1:]))
    return ir.Call(function, arguments, ignore_case)


def condition_of(call: ir.Value) -> ir.Expr:
    """A function that gives a boolean, as a condition: a leaf where one says the same."""
    match call:
        case ir.Call("starts_with", (ir.FieldRef() as field, ir.Literal(str(value))), ignore_case) if value:
            return ir.Wildcard(_whole(field), (value, ir.Wild.MANY), ignore_case)
        case ir.Call("ends_with", (ir.FieldRef() as field, ir.Literal(str(value))), ignore_case) if value:
            return ir.Wildcard(_whole(field), (ir.Wild.MANY, value), ignore_case)
        case ir.Call("contains", (ir.FieldRef() as field, ir.Literal(str(value))), ignore_case) if value:
            return ir.Wildcard(_whole(field), (ir.Wild.MANY, value, ir.Wild.MANY), ignore_case)
        case ir.Call("cidr_match", (ir.FieldRef(_, ir.Kind.IP) as field, *networks)):
            found = [_as_network(network) for network in networks]
            return ir.any_of([ir.CidrMatch(field, network) for network in found if network])
        case _:
            return ir.Compare("=", call, ir.Literal(True))


def _whole(field: ir.FieldRef) -> ir.FieldRef:
    return ir.FieldRef(field.name, ir.Kind.KEYWORD, field.span) if field.kind is ir.Kind.TEXT else field


def _check_count(name: str, function: str, count: int) -> None:
    known = FUNCTIONS[function]
    most = len(known.parameters)
    least = most - known.optional
    if count < least or (count > most and not known.variadic):
        takes = f"at least {least}" if known.variadic else str(most) if least == most else f"{least} or {most}"
        raise Misused(f"`{name}` takes {takes} arguments, got {count}", "see the EQL function reference")


def _check_kinds(name: str, function: str, arguments: tuple[ir.Value, ...]) -> None:
    parameters = FUNCTIONS[function].parameters
    for index, argument in enumerate(arguments):
        wanted, given = parameters[min(index, len(parameters) - 1)], kind_of(argument)
        if wanted is None or given is None or wanted is given or (wanted in _TEXTS and given in _TEXTS):
            continue
        message = f"argument {index + 1} of `{name}` is a {_named(wanted)}, not a {_named(given)}"
        raise Misused(message, "`string(...)` and `number(...)` turn one into the other")
    first = _CONSTANTS.get(function)
    if first is not None and any(not isinstance(argument, ir.Literal) for argument in arguments[first:]):
        raise Misused(f"argument {first + 1} of `{name}` must be a constant", "write the value itself")


def _network(argument: ir.Value) -> ir.Literal:
    network = _as_network(argument)
    if network is None:
        if argument == ir.Literal(None):
            return ir.Literal(None)
        raise Misused("`cidrMatch` takes networks", 'write an address and its prefix length, such as `"10.0.0.0/8"`')
    return ir.Literal(str(network))


def _as_network(argument: object) -> IPv6Network | None:
    if not isinstance(argument, ir.Literal) or not isinstance(argument.value, str):
        return None
    address = read_address(argument.value)
    return IPv6Network((address, 128)) if address else read_network(argument.value)


def _named(kind: ir.Kind) -> str:
    return "text" if kind in _TEXTS else kind.value
