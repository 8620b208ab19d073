"""Secrets of connectors: named in the configuration, read from the environment or a file at each delivery."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bartizan.respond.errors import SecretMissing

MAX_SECRET_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Secrets:
    """Reads secrets. A file is read anew each time, so that a renewed secret needs no restart."""

    environment: Mapping[str, str] = field(repr=False)

    def optional(self, setting: str, env: str, file: str) -> str:
        """The secret `setting`, from the variable `env` or else the file `file`; empty when neither is named.

        Raises `SecretMissing` that names the setting when what is named is empty or not there.
        """
        if env:
            found = self.environment.get(env, "")
        elif file:
            found = _content(setting, file)
        else:
            return ""
        if not (secret := found.strip()):
            raise SecretMissing(
                f"`{setting}_{'env' if env else 'file'}` names `{env or file}`, which is empty or not set"
            )
        if not secret.isascii() or not secret.isprintable():
            raise SecretMissing(f"`{setting}` holds characters that can't be sent", hint="it is one line of ASCII")
        return secret

    def required(self, setting: str, env: str, file: str) -> str:
        """As `optional`, but it must be there."""
        if not env and not file:
            raise SecretMissing("no secret is named", hint=f"set `{setting}_env` or `{setting}_file`")
        return self.optional(setting, env, file)


def _content(setting: str, file: str) -> str:
    try:
        with Path(file).open("rb") as opened:
            return opened.read(MAX_SECRET_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SecretMissing(f"`{setting}_file` names `{file}`: {said}") from error
