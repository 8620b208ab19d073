"""ES|QL's tree to text that parses to the same tree."""

from bartizan.query.esql import ast
from bartizan.query.esql.literals import write_name, write_pattern, write_string


def to_esql(query: ast.Query) -> str:
    """The query on one line."""
    return " | ".join(map(command, query.commands))


def command(one: ast.Command) -> str:
    """One command."""
    match one:
        case ast.From(indices, metadata):
            extra = f" METADATA {_columns(metadata)}" if metadata else ""
            return f"FROM {', '.join(map(_index, indices))}{extra}"
        case ast.Row(assignments):
            return f"ROW {_assignments(assignments)}"
        case ast.Show(what):
            return f"SHOW {what}"
        case ast.Where(condition):
            return f"WHERE {expression(condition)}"
        case ast.Eval(assignments):
            return f"EVAL {_assignments(assignments)}"
        case ast.Stats():
            return _stats(one)
        case ast.Keep(patterns):
            return f"KEEP {', '.join(map(_pattern, patterns))}"
        case ast.Drop(patterns):
            return f"DROP {', '.join(map(_pattern, patterns))}"
        case ast.Rename(pairs):
            return "RENAME " + ", ".join(f"{expression(old)} AS {expression(new)}" for old, new in pairs)
        case ast.Sort(keys):
            return f"SORT {', '.join(map(_sort_key, keys))}"
        case ast.Limit(count):
            return f"LIMIT {expression(count)}"
        case _:
            return _special(one)


def _special(one: ast.Command) -> str:
    match one:
        case ast.Dissect(item, pattern, options):
            extra = "".join(f" {name} = {expression(value)}" for name, value in options)
            return f"DISSECT {expression(item)} {expression(pattern)}{extra}"
        case ast.Grok(item, patterns):
            return f"GROK {expression(item)} {_list(patterns)}"
        case ast.MvExpand(column):
            return f"MV_EXPAND {expression(column)}"
        case ast.Enrich(policy, on, fields):
            where = f" ON {expression(on)}" if on else ""
            pairs = ", ".join(f"{expression(new)} = {expression(own)}" for new, own in fields)
            return f"ENRICH {_index(policy)}{where}{' WITH ' + pairs if pairs else ''}"
        case ast.LookupJoin(table, on):
            return f"LOOKUP JOIN {_index(table)} ON {_list(on)}"
        case ast.Completion(target, prompt, options):
            start = f"{expression(target)} = " if target else ""
            return f"COMPLETION {start}{expression(prompt)}{' WITH ' + expression(options) if options else ''}"
        case ast.Unsupported(_, rest):
            return rest
    raise TypeError(f"no command: {one!r}")


def _stats(one: ast.Stats) -> str:
    aggregates = ", ".join(
        _assignment(item.assignment) + (f" WHERE {expression(item.condition)}" if item.condition else "")
        for item in one.aggregates
    )
    groups = f"BY {_assignments(one.groups)}" if one.groups else ""
    return f"{'INLINE ' if one.inline else ''}STATS {' '.join(filter(None, (aggregates, groups)))}"


def expression(one: ast.Expression) -> str:
    """An expression, in brackets wherever it consists of parts."""
    match one:
        case ast.Column(name, dynamic):
            return name if dynamic else write_name(name)
        case ast.Literal(value):
            return _literal(value)
        case ast.Parameter(name):
            return f"?{name}"
        case ast.TimeSpan(count, unit):
            return f"{expression(count)} {unit}"
        case ast.Many(items):
            return f"[{_list(items)}]"
        case ast.Options(entries):
            return "{" + ", ".join(f"{write_string(name)}: {expression(value)}" for name, value in entries) + "}"
        case ast.Star():
            return "*"
        case ast.Function(name, arguments):
            return f"{name}({_list(arguments)})"
        case ast.Negative(item):
            return f"-{expression(item)}"
        case ast.Cast(item, type_):
            return f"({expression(item)})::{type_}"
        case _:
            return f"({_operation(one)})"


def _operation(one: ast.Expression) -> str:
    match one:
        case ast.Binary(operator, left, right):
            return f"{expression(left)} {operator} {expression(right)}"
        case ast.In(item, values):
            return f"{expression(item)} IN ({_list(values)})"
        case ast.Like(operator, item, (pattern,)):
            return f"{expression(item)} {operator.upper()} {expression(pattern)}"
        case ast.Like(operator, item, patterns):
            return f"{expression(item)} {operator.upper()} ({_list(patterns)})"
        case ast.IsNull(item):
            return f"{expression(item)} IS NULL"
        case ast.Match(item, query):
            return f"{expression(item)} : {expression(query)}"
        case ast.Not(item):
            return f"NOT {expression(item)}"
        case ast.And(items):
            return " AND ".join(map(expression, items))
        case ast.Or(items):
            return " OR ".join(map(expression, items))
    raise TypeError(f"no expression: {one!r}")


def _literal(value: ast.Plain) -> str:
    if isinstance(value, str):
        return write_string(value)
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


def _list(items: tuple[ast.Expression, ...]) -> str:
    return ", ".join(map(expression, items))


def _columns(columns: tuple[ast.Column, ...]) -> str:
    return ", ".join(map(expression, columns))


def _assignments(items: tuple[ast.Assignment, ...]) -> str:
    return ", ".join(map(_assignment, items))


def _assignment(one: ast.Assignment) -> str:
    value = expression(one.value)
    return f"{expression(one.target)} = {value}" if one.target else value


def _sort_key(key: ast.SortKey) -> str:
    nulls = "" if key.nulls_first is None else f" NULLS {'FIRST' if key.nulls_first else 'LAST'}"
    return f"{expression(key.value)}{' DESC' if key.descending else ''}{nulls}"


def _pattern(pattern: ast.Pattern) -> str:
    return pattern.parts[0] if pattern.dynamic else write_pattern(pattern.parts)


def _index(name: str) -> str:
    return f'"{name}"'
