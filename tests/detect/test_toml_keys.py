"""Deep keys are refused before they are parsed, what only looks like them is not, and no text takes long."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.detect.errors import RuleError
from bartizan.detect.rule_file import read_toml
from bartizan.detect.toml_keys import check_keys
from bartizan.detect.toml_text import toml_text

DOTS = "a." * 100_000
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SHIPPED = Path(__file__).parents[2] / "rules"


@pytest.mark.parametrize(
    "text",
    [
        f"{DOTS}a = 1",
        f"[{DOTS}a]",
        f"x = 1\n[[{DOTS}a]]",
        f'x = "\\"" # "\n{DOTS}a = 1',
        f"x = {{ {DOTS}a = 1 }}",
        f"x = '''\n''' \n {DOTS}a = 1",
        f'x = "\\\\"\n{DOTS}a = 1',
        f"""x = "'"\n{DOTS}a = '1'""",
        f'x = """"a"""\n{DOTS}a = 1',
        '"a"."b".' * 50_000 + "a = 1",
    ],
    ids=range(10),
)
def test_deep_keys(text: str) -> None:
    with pytest.raises(RuleError, match="a key of more than 16 parts"):
        read_toml(text.encode(), "x")


@pytest.mark.parametrize(
    "text",
    [
        f'x = "{DOTS}"',
        f"x = '{DOTS}'",
        f'x = """\n{DOTS}\\"""\n{DOTS}"""',
        f"x = '''\n'{DOTS}\n{DOTS}'''",
        f"# {DOTS}\nx = 1",
        f'x = """"{DOTS}"""',
        'x = ["a.b", "c.d"]\n' + "a.b.c = 1.5",
    ],
    ids=range(7),
)
def test_dots_that_are_in_no_key(text: str) -> None:
    assert read_toml(text.encode(), "x") == tomllib.loads(text)


@pytest.mark.parametrize("part", ['"""\\', "'''", '"', "'", '""', "#", "\\", '"""', '\\"""', '"\\', "'''''"])
def test_texts_that_never_end(part: str) -> None:
    with pytest.raises(RuleError, match=r"^x: (cannot read it|line)"):
        read_toml((part * 100_000 + "\x00").encode(), "x")


def test_shipped_rules_pass() -> None:
    for file in SHIPPED.rglob("*.toml"):
        check_keys(file.read_text(), str(file))


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_what_we_write_passes(entry: dict[str, str]) -> None:
    check_keys(toml_text({"table": entry, "texts": list(entry.values()), "x": {"y": entry}}), "x")
