"""How an explanation of a query is printed: its stages under headings, or one JSON object."""

import sys
from dataclasses import asdict

from bartizan.cli.output import Format, print_ndjson, visible_lines
from bartizan.query.explanation import Explanation


def print_explanation(explained: Explanation, format: Format) -> None:
    """Print the stages; all but the table's format give one JSON object."""
    if format is not Format.TABLE:
        print_ndjson([asdict(explained)])
        return
    bound = [f"{name} {one.type} = {one.value!r}" for name, one in explained.parameters.items()]
    stages = {
        "AST": explained.ast,
        "IR": explained.ir,
        "SQL": "\n".join([explained.sql, *bound]),
        "Plan": explained.plan,
    }
    sys.stdout.write("\n\n".join(f"{name}\n{visible_lines(stage)}" for name, stage in stages.items()) + "\n")
