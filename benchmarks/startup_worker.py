"""Worker: from nothing to the first answer of a new store."""

import json
import tempfile
import time
from pathlib import Path

from sqlglot import parse_one

STARTED = time.monotonic()


def main() -> None:
    from bartizan.app import App
    from bartizan.config import Config
    from bartizan.engine.base import rows

    imported_s = time.monotonic() - STARTED
    with tempfile.TemporaryDirectory() as data, App(Config(data=Path(data))) as app:
        rows(app.engine, parse_one("SELECT 1 AS one", dialect="clickhouse"))
        print(json.dumps({"import_s": imported_s, "first_answer_s": time.monotonic() - STARTED}))


if __name__ == "__main__":
    main()
