"""Who owns a data folder: chDB keeps a lock on the file `status` in it for as long as its process lives.

The lock is the kernel's (flock(2)), so one left behind by a killed process is none. chDB itself tells of a taken lock
on stderr only, hence it is asked for here first.
"""

import fcntl
import os
import re
from pathlib import Path

from bartizan.engine.errors import StoreInUse

_STATUS = "status"


def refuse_when_owned(folder: Path) -> None:
    """Raise `StoreInUse` when another process has the folder open; names the process."""
    try:
        status = (folder / _STATUS).open(encoding="utf-8")
    except FileNotFoundError:
        return
    with status:
        try:
            fcntl.flock(status, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            _refuse_unless_own(folder, status.read())


def _refuse_unless_own(folder: Path, described: str) -> None:
    found = re.search(r"^PID: (\d+)", described, re.MULTILINE)
    owner = int(found[1]) if found else 0
    if owner != os.getpid():
        raise StoreInUse(
            f"process {owner} has this data folder open" if owner else "another process has this data folder open",
            where=str(folder),
            hint="stop it, ask it over its API, or use another --data",
        )
