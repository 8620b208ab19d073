"""Attachments: bounded, named safely, kept by digest, never without their content."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.cases import attachment_files
from bartizan.cases.attachment_files import safe_name
from bartizan.cases.case import Case
from bartizan.cases.casework import Casework
from bartizan.cases.errors import AttachmentLost, AttachmentUnavailable
from bartizan.state.errors import Duplicate, Invalid, Missing


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "given"
    file.write_bytes(b"<script>alert(1)</script>")
    return file


def test_kept_read_and_removed(work: Casework, case: Case, page: Path, files: Path) -> None:
    kept = work.attachments.add(case.id, "../../etc/pass wd.html", page, "maria")
    assert (kept.name, kept.size_bytes, kept.by) == ("pass wd.html", 25, "maria")
    (file,) = [path for path in files.rglob("*") if path.is_file()]
    assert file == files / case.id / kept.sha256
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found, content = work.attachments.open(case.id, kept.id)
    with content:
        assert (found, content.read()) == (kept, page.read_bytes())
    with pytest.raises(Duplicate, match=r"as `pass wd\.html`"):
        work.attachments.add(case.id, "other", page, "paul")
    other = work.cases.create({"title": "Other"}, "maria")
    work.attachments.add(other.id, "same", page, "maria")
    with pytest.raises(Missing):
        work.attachments.open(other.id, kept.id)
    with pytest.raises(Missing):
        work.attachments.delete(other.id, kept.id, "maria")
    work.attachments.delete(case.id, kept.id, "paul")
    assert work.attachments.all(case.id) == ()
    assert not file.exists()
    work.delete_case(other.id)
    assert [path for path in files.rglob("*") if path.is_file()] == []
    assert [change.action.value for change in work.history.of(case.id, subject=kept.id).changes] == [
        "attachment_removed",
        "attachment_added",
    ]


@pytest.mark.parametrize(("size", "said"), [(0, "empty"), (11, "larger than 10 bytes")])
def test_sizes(
    work: Casework, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, said: str
) -> None:
    monkeypatch.setattr(attachment_files, "MAX_ATTACHMENT_BYTES", 10)
    (tmp_path / "given").write_bytes(b"x" * size)
    with pytest.raises(Invalid, match=said):
        work.attachments.add(case.id, "x", tmp_path / "given", "maria")


def test_content_that_was_changed_or_lost_is_not_handed_out(
    work: Casework, case: Case, page: Path, files: Path
) -> None:
    kept = work.attachments.add(case.id, "x", page, "maria")
    (files / case.id / kept.sha256).write_bytes(b"other")
    with pytest.raises(AttachmentLost, match="not what was stored"):
        work.attachments.open(case.id, kept.id)
    (files / case.id / kept.sha256).unlink()
    with pytest.raises(AttachmentLost, match="gone"):
        work.attachments.open(case.id, kept.id)
    work.attachments.delete(case.id, kept.id, "maria")


def test_a_disk_that_refuses_leaves_no_row(work: Casework, case: Case, page: Path, files: Path) -> None:
    files.write_text("no folder")
    with pytest.raises(AttachmentUnavailable):
        work.attachments.add(case.id, "x", page, "maria")
    assert work.attachments.all(case.id) == ()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("report.pdf", "report.pdf"),
        ("C:\\temp\\..\\a.exe", "a.exe"),
        ("..", "attachment"),
        ("", "attachment"),
        (".bashrc", "bashrc"),
        ('a";b\r\nX: y', "a__b__X_ y"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("\u00fc\u4e2d.txt", "\u00fc\u4e2d.txt"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_names(given: str, expected: str) -> None:
    assert safe_name(given) == expected


@given(st.text())
def test_a_name_is_never_a_path(given: str) -> None:
    name = safe_name(given)
    assert name not in (".", "..") and not set(name) & set('/\\\0\r\n"') and 0 < len(name) <= 200
    assert os.path.basename(name) == name  # noqa: PTH119


KILLED = """
import os, signal, sys
from pathlib import Path
from bartizan.cases.casework import casework_over
from bartizan.clock import system_clock
from bartizan.state.database import open_database
url, folder, case, given = sys.argv[1:]
work = casework_over(open_database(url), Path(folder), system_clock)
work.history.record = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
work.attachments.add(case, "killed", Path(given), "maria")
"""


@pytest.mark.slow
def test_a_kill_leaves_no_attachment_without_a_file(
    work: Casework, case: Case, page: Path, files: Path, url: str
) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, url, str(files), case.id, str(page)], check=False)
    assert done.returncode == -9
    assert work.attachments.all(case.id) == ()
    kept = work.attachments.add(case.id, "again", page, "maria")
    with work.attachments.open(case.id, kept.id)[1] as content:
        assert content.read() == page.read_bytes()
