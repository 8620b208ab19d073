"""The server that has the data folder open, if one runs: commands ask it instead of opening the folder themselves."""

import json
import os
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from types import MappingProxyType
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

import orjson

from bartizan.config import Config
from bartizan.errors import BartizanError, Terminal
from bartizan.ingest.errors import NoRecords
from bartizan.ingest.loader import Loaded, Problem
from bartizan.pipeline.intake import Source, Told
from bartizan.query.binder import Parameter
from bartizan.query.explanation import Explanation

SERVER_FILE = "server.json"
TIMEOUT_S = 300
BATCH_BYTES = 16 * 1024 * 1024
BATCH_OBJECTS = 256
"""Objects sent at once: they become one insert in each stream."""


class ServerError(BartizanError, Terminal):
    """The server refused a request, or can't be reached."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A running server."""

    url: str
    api_key: str = field(repr=False)

    def search(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What matches a search, the body of `POST /search`: its answer."""
        return self._search(asked)

    def ask(self, method: str, path: str, asked: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
        """The answer of an operation below `/api/v1`; what is asked goes into the body, or into the query of a GET."""
        if method == "GET":
            return self._ask(f"/api/v1{path}?{urlencode(asked, doseq=True)}", None, {}, method)
        return self._ask(f"/api/v1{path}", orjson.dumps(asked), {"Content-Type": "application/json"}, method)

    def explain(self, asked: Mapping[str, Any]) -> Explanation:
        """How the server understands that search and would run it."""
        told = self._search({**asked, "explain": True})["explanation"]
        parameters = {name: Parameter(**bound) for name, bound in told["parameters"].items()}
        return Explanation(**{**told, "parameters": parameters})

    def get(self, path: str) -> dict[str, Any]:
        """What a resource of the API says."""
        return self._ask(path, None, {}, "GET")

    def _search(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return self._ask("/api/v1/search", orjson.dumps(asked), {"Content-Type": "application/json"})

    def ingest(self, sources: Iterable[Source], dataset: str | None) -> Iterator[Told]:
        """Send objects in batches and wait until each is stored; one that is refused stops none of the others."""
        for batch in _batches(sources):
            try:
                yield from self._ingest_batch(batch, dataset)
            except (BartizanError, OSError) as error:
                told = error if isinstance(error, BartizanError) else ServerError(str(error))
                yield from (Told(failed=told) for _ in batch)
            yield from (Told(read=source) for source in batch)

    def send(self, path: str, asked: Mapping[str, Any], file: IO[bytes]) -> dict[str, Any]:
        """The answer of an operation below `/api/v1` that takes a file; what is asked goes into the query."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.seek(0, os.SEEK_END))}
        file.seek(0)
        return self._ask(f"/api/v1{path}?{urlencode(asked, doseq=True)}", file, headers)

    def _ingest_batch(self, batch: Sequence[Source], dataset: str | None) -> Iterator[Told]:
        path = "/api/v1/ingest?" + urlencode({"wait": "true", **({"dataset": dataset} if dataset else {})})
        with tempfile.TemporaryFile() as archive:
            _pack(batch, archive)
            headers = {"Content-Type": "application/x-tar", "Content-Length": str(archive.seek(0, os.SEEK_END))}
            archive.seek(0)
            answer = self._ask(path, archive, headers)
        yield from map(_object, answer["objects"])
        if answer["stored"] is None:
            yield Told(failed=ServerError("what was sent is acknowledged and still waits to be loaded"))
        for stored in answer["stored"] or ():
            problems = tuple(Problem(*reason.partition(": ")[::2]) for reason in stored["problems"])
            yield Told(loaded=Loaded(stored["stream"], stored["records"], stored["failed"], problems, 0))

    def _ask(self, path: str, body: Any, headers: Mapping[str, str], method: str = "POST") -> dict[str, Any]:
        address = urlsplit(self.url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_S)
        key = {"Authorization": f"Bearer {self.api_key}".encode()} if self.api_key else {}
        try:
            status, answer = _exchanged(connection, method, path, body, {**headers, **key})
        except (OSError, HTTPException) as error:
            raise ServerError(f"the server does not answer: {error}", where=self.url) from error
        except ValueError as error:  # its text may hold the key
            raise ServerError("it is no server of ours, or the api key can't be sent", where=self.url) from error
        finally:
            connection.close()
        if status >= 400:
            raise _error(answer["error"])
        return answer


def _batches(sources: Iterable[Source]) -> Iterator[list[Source]]:
    batch: list[Source] = []
    for source in sources:
        size_bytes = sum(one.size_bytes for one in batch) + source.size_bytes
        if batch and (size_bytes > BATCH_BYTES or len(batch) >= BATCH_OBJECTS):
            yield batch
            batch = []
        batch.append(source)
    if batch:
        yield batch


def _pack(batch: Iterable[Source], archive: IO[bytes]) -> None:
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as packed:
        for source in batch:
            member = tarfile.TarInfo(source.name)
            with source.open() as file:
                member.size = os.fstat(file.fileno()).st_size
                packed.addfile(member, file)


def _object(told: Mapping[str, Any]) -> Told:
    if error := told["error"]:
        empty = error["type"] == NoRecords.__name__
        return Told(empty=NoRecords(error["message"], where=told["name"])) if empty else Told(failed=_error(error))
    return Told(known=told["name"]) if told["is_known"] else Told(acknowledged=(told["name"],))


def live_server(config: Config) -> Remote | None:
    """The server whose `server.json` is in the data folder; None when there is none or its process is gone."""
    try:
        told = json.loads((config.data / SERVER_FILE).read_text(encoding="utf-8"))
        url, pid = str(told["url"]), int(told["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Remote(url, config.serve.api_key) if pid != os.getpid() and _is_running(pid) else None


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OverflowError:
        return False
    except PermissionError:
        return True
    return True


def _exchanged(
    connection: HTTPConnection, method: str, path: str, body: Any, headers: Mapping[str, str | bytes]
) -> tuple[int, dict[str, Any]]:
    with suppress(BrokenPipeError, ConnectionResetError):  # it may refuse a body before its end: the answer says why
        connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response.status, orjson.loads(response.read())


def _error(told: Mapping[str, Any]) -> ServerError:
    excerpt = f"\n{told['excerpt']}" if told.get("excerpt") else ""
    return ServerError(f"{told['message']}{excerpt}", where=told.get("where") or "", hint=told.get("hint") or "")
