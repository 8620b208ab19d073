"""Jobs of a running server, followed until they end; an interruption cancels them there."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from bartizan.cli.remote import Remote, ServerError

POLL_S = 0.3
_ENDS = ("done", "failed", "cancelled")


def followed(server: Remote, path: str, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The job as it is again and again, the last time when it is done. Raises `ServerError` if it fails."""
    job = server.ask("POST", path, asked)
    own = f"{path}/{job['id']}"
    try:
        while job["state"] not in _ENDS:
            yield job
            time.sleep(POLL_S)
            job = server.ask("GET", own)
    except (KeyboardInterrupt, GeneratorExit):
        server.ask("DELETE", own)
        raise
    if job["state"] != "done":
        error = job["error"] or {"message": f"it was {job['state']}"}
        raise ServerError(error["message"], where=error.get("where") or "", hint=error.get("hint") or "")
    yield job
