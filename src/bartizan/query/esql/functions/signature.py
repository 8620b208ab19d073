"""What a function of ES|QL takes and gives, and how a call of it is checked and built."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bartizan.query.esql.typed import (
    MISSING,
    NUMBERS,
    SPANS,
    TEXTS,
    VALUES,
    WHOLE,
    Constant,
    Env,
    Mistake,
    Tree,
    Type,
    Typed,
    null,
    one,
)

Types = frozenset[Type]
ANY: Types = VALUES
TEXT: Types = TEXTS
NUMBER: Types = NUMBERS
INTEGER: Types = WHOLE
DATE: Types = frozenset({Type.DATETIME})
ADDRESS: Types = frozenset({Type.IP})
SPAN: Types = SPANS
ORDERED: Types = VALUES - {Type.GEO_POINT}
POINT: Types = frozenset({Type.GEO_POINT})


@dataclass(frozen=True, slots=True)
class Built:
    """A call being built: its arguments, the same as single values, and what binds."""

    name: str
    arguments: Sequence[Typed]
    env: Env

    def __getitem__(self, index: int) -> Tree:
        """An argument as a single value."""
        return one(self.arguments[index])

    def __len__(self) -> int:
        return len(self.arguments)

    def has(self, index: int) -> bool:
        """Whether an optional argument was given."""
        return index < len(self.arguments)

    def constant(self, index: int) -> Constant:
        """An argument that must be a constant. Raises `Mistake`."""
        value = self.arguments[index].constant
        if value is MISSING:
            raise Mistake(f"this argument of `{self.name.upper()}` must be a constant", "write the value itself", index)
        return value

    def text(self, index: int) -> str:
        """An argument that must be a constant text. Raises `Mistake`."""
        value = self.constant(index)
        if not isinstance(value, str):
            raise Mistake(f"this argument of `{self.name.upper()}` must be a text", "", index)
        return value


Build = Callable[[Built], Typed]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of values. The last type of a `variadic` one repeats."""

    parameters: tuple[Types, ...]
    build: Build
    optional: int = 0
    """How many of the last parameters may be left out."""
    variadic: bool = False
    takes_null: bool = False
    """Whether it gives a value though an argument is the literal `null`."""


def call_of(name: str, function: Function, arguments: Sequence[Typed], env: Env) -> Typed:
    """The call of a function. Raises `Mistake` for too few or too many arguments, or types that it doesn't take."""
    check_count(name, len(arguments), len(function.parameters), function.optional, function.variadic)
    for index, argument in enumerate(arguments):
        accepted = function.parameters[min(index, len(function.parameters) - 1)]
        check_type(name, argument, accepted, index)
    built = function.build(Built(name, arguments, env))
    if not function.takes_null and any(argument.type is Type.NULL for argument in arguments):
        return null(built.type, many=built.many)
    return built


def check_count(name: str, given: int, parameters: int, optional: int, variadic: bool) -> None:
    """Raise `Mistake` for a wrong number of arguments."""
    least, most = parameters - optional, parameters
    if given < least or (given > most and not variadic):
        expected = f"at least {least}" if variadic else str(most) if least == most else f"{least} to {most}"
        raise Mistake(f"`{name.upper()}` takes {expected} arguments, not {given}")


def check_type(name: str, argument: Typed, accepted: Types, index: int) -> None:
    """Raise `Mistake` for an argument that the function doesn't take."""
    if argument.type in accepted or argument.type is Type.NULL:
        return
    known = ", ".join(sorted(accepted)) if len(accepted) < 6 else "values of other types"
    raise Mistake(f"`{name.upper()}` takes {known} here, not {argument.type}", "convert it with `::type`", index)


def gives(type: Type, build: Callable[[Built], Tree]) -> Build:
    """A function of single values with a result of one type."""
    return lambda built: Typed(build(built), type)
