"""Each case of `cases/*.toml`: a sequence or sample in EQL, a few events, and which of them it finds."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.query.sequence.conftest import FindIn

CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in sorted((Path(__file__).parent / "cases").glob("*.toml"))
    for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
]


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any], find: FindIn) -> None:
    query = re.sub(r"\[(\w)\]", r'[any where event.action == "\1"]', case["query"])
    groups = find(query, case["events"], case.get("limit", 100))
    found = [[int(event["event"]["id"]) for event in group.events] for group in groups]
    assert ([sorted(one) for one in found] if case.get("any_order") else found) == case["found"]
    if "keys" in case:
        assert [list(group.keys) for group in groups] == case["keys"]
