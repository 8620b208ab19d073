"""Log lines: hostile values stay values."""

from bartizan.api.logs import MAX_VALUE_CHARACTERS, key_values


def test_plain_values_stay_plain() -> None:
    assert (
        key_values("loaded", stream="logs-aws.waf-default", records=3) == "loaded stream=logs-aws.waf-default records=3"
    )


def test_what_could_pass_for_another_line_or_key_is_quoted() -> None:
    assert key_values("x", a="b c=d", e="\n\x1b[31m") == "x a='b c=d' e='\\n\\x1b[31m'"
    assert len(key_values("x", a=" " * 10_000)) < MAX_VALUE_CHARACTERS + 20
