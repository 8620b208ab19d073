"""The token bucket, the folding, the pauses."""

from datetime import timedelta

import pytest

from bartizan.respond.retry import BASE_S, MAX_S, backoff_s
from bartizan.respond.throttle import Bucket, fold
from tests.respond.conftest import NOW


def test_a_bucket_refills_steadily_and_no_further_than_its_size() -> None:
    bucket = Bucket(4, 60, NOW)
    for _ in range(4):
        bucket.take()
    seen = [bucket.available(NOW + timedelta(seconds=after)) for after in (0, 14, 15, 31, 5, 3600)]
    assert seen == [0, 0, 1, 2, 2, 4]


def test_the_next_delivery() -> None:
    bucket = Bucket(4, 60, NOW)
    assert bucket.next_s() == 0
    for _ in range(4):
        bucket.take()
    assert bucket.next_s() == 15


FOLDS = [
    ("", 3, []),
    ("abc", 3, ["a", "b", "c"]),
    ("abcd", 3, ["a", "b", "cd"]),
    ("abcd", 1, ["abcd"]),
    ("abcd", 0, []),
    ("a", 1, ["a"]),
]


@pytest.mark.parametrize(("waiting", "tokens", "folded"), FOLDS)
def test_what_has_no_token_is_folded(waiting: str, tokens: int, folded: list[str]) -> None:
    assert ["".join(ids) for ids in fold(list(waiting), tokens)] == folded


def test_pauses_double_to_a_bound() -> None:
    pauses = [backoff_s(attempts, None, 1.0) for attempts in (1, 2, 3, 11, 1000)]
    assert pauses == [BASE_S, 2 * BASE_S, 4 * BASE_S, MAX_S, MAX_S]
    assert backoff_s(1, None, 0.0) == BASE_S / 2
    assert backoff_s(1, 100.0, 0.5) == 100
    assert backoff_s(3, 0.0, 1.0) == 4 * BASE_S
