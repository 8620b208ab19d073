"""Observables: each type checked and in one form, found again in other cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.cases.case import Case
from bartizan.cases.casework import Casework
from bartizan.cases.observable_values import ObservableType, normal
from bartizan.state.errors import Duplicate, Invalid, Missing


@pytest.mark.parametrize(
    ("type", "value", "expected"),
    [
        ("ipv4", " 203.0.113.7 ", "203.0.113.7"),
        ("ipv4", "203[.]0.113[.]7", "203.0.113.7"),
        ("ipv4", "203.0.113", None),
        ("ipv4", "::1", None),
        ("ipv6", "2001:DB8:0::1", "2001:db8::1"),
        ("ipv6", "2001[:]db8::1", "2001:db8::1"),
        ("ipv6", "1.2.3.4", None),
        ("domain", "Evil[.]Example.", "evil.example"),
        ("domain", "b\u00fccher.example", "xn--bcher-kva.example"),
        ("domain", "_dmarc.example.org", "_dmarc.example.org"),
        ("domain", "example", None),
        ("domain", "a..b", None),
        ("domain", "-a.example", None),
        ("domain", "a" * 64 + ".example", None),
        ("domain", "a b.example", None),
        ("url", "hxxps://Evil[.]example/a?b=c#d", "https://evil.example/a?b=c#d"),
        ("url", "ftp://evil.example", "ftp://evil.example"),
        ("url", "javascript:alert(1)", None),
        ("url", "//evil.example", None),
        ("url", "http://evil.example:port/", None),
        ("url", "http://[::1", None),
        ("url", "http://a b/", None),
        ("email", "Eve+x[@]Evil.Example", "Eve+x@evil.example"),
        ("email", "eve", None),
        ("email", "a@b@evil.example", None),
        ("md5", "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e"),
        ("md5", "d41d", None),
        ("sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("sha256", "g" * 64, None),
        ("user", "maria", "maria"),
        ("host", "Web-1", "web-1"),
        ("process", 'C:\\Windows\\cmd.exe /c "dir"', 'C:\\Windows\\cmd.exe /c "dir"'),
        ("process", "a\nb", None),
        ("aws_arn", "arn:aws:iam::210987650011:user/eve", "arn:aws:iam::210987650011:user/eve"),
        ("aws_arn", "arn:aws-cn:s3:::bucket/key", "arn:aws-cn:s3:::bucket/key"),
        ("aws_arn", "arn:aws:iam::123:user/eve", None),
        ("aws_arn", "arn:azure:iam::210987650011:user/eve", None),
        ("aws_access_key", "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("aws_access_key", "AKIA", None),
        ("other", "anything", "anything"),
        ("other", "", None),
        ("other", "x" * 4097, None),
    ],
)
def test_one_form(type: str, value: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(Invalid):
            normal(ObservableType(type), value)
    else:
        assert normal(ObservableType(type), value) == expected


@given(st.sampled_from(ObservableType), st.text() | st.from_regex(r"(hxxp://)?[a-z0-9.\[\]:@/-]{1,40}"))
def test_whatever_comes_is_refused_or_has_one_form(type: ObservableType, value: str) -> None:
    try:
        form = normal(type, value)
    except Invalid:
        return
    assert normal(type, form) == form


def test_added_changed_found_elsewhere_and_removed(work: Casework, case: Case) -> None:
    ip = ObservableType.IPV4
    added = work.observables.add(case.id, ip, "203.0.113.7", "scanner", "maria")
    with pytest.raises(Duplicate):
        work.observables.add(case.id, ip, "203[.]0.113.7", "", "paul")
    other = work.cases.create({"title": "Other"}, "maria")
    again = work.observables.add(other.id, ip, "203.0.113.7", "", "maria")
    assert {one.case_id for one in work.observables.elsewhere(ip, "203.0.113[.]7")} == {case.id, other.id}
    changed = work.observables.update(case.id, added.id, "our own scanner", "paul", version=1)
    assert work.observables.all(case.id) == (changed,)
    with pytest.raises(Missing):
        work.observables.delete(case.id, again.id, "paul")
    work.observables.delete(case.id, added.id, "paul")
    assert work.observables.all(case.id) == ()
    told = [change.action.value for change in work.history.of(case.id, subject=added.id).changes]
    assert told == ["observable_removed", "observable_changed", "observable_added"]
