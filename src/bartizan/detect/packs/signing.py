"""Keys of packs and what they sign: Ed25519 (RFC 8032), in PEM files as OpenSSL reads and writes them.

`pack.sig` is the 64 bytes of the signature over `pack.toml`; `openssl pkeyutl -verify -rawin` checks it too.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bartizan.detect.packs.errors import NotTrusted, PackError

if TYPE_CHECKING:  # a tenth of a second, which only those need who have packs
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE_BYTES = 64
MAX_KEY_BYTES = 16 * 1024
MAX_KEYS = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PUBLIC_SUFFIX = ".pub"
PRIVATE_SUFFIX = ".key"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are checked with."""

    name: str
    """Its file's, without the suffix: who it is."""
    fingerprint: str
    """First 32 hexadecimal digits of SHA-256 over the key's 32 bytes."""
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys that are trusted, and files among them that hold none."""

    keys: tuple[PublicKey, ...]
    problems: tuple[PackError, ...] = ()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs."""

    fingerprint: str
    _key: "Ed25519PrivateKey" = field(repr=False)

    def sign(self, content: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self._key.sign(content)


def new_keys(name: str, folder: Path) -> PublicKey:
    """Make a pair of keys, `NAME.key` (readable by its owner alone) and `NAME.pub`. Raises `PackError` where one is."""
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    check_name(name)
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    _write_new(folder / f"{name}{PRIVATE_SUFFIX}", private, 0o600)
    _write_new(folder / f"{name}{PUBLIC_SUFFIX}", public, 0o644)
    return _public(key.public_key(), name)


def check_name(name: str) -> None:
    """Raises `PackError` for what is no name of a file alone."""
    if not _NAME.fullmatch(name):
        hint = "1 to 64 letters, digits, `.`, `_`, `-`, the first a letter or digit"
        raise PackError(f"`{name[:64]}` is no name of a key", hint=hint)


def load_signing_key(file: Path) -> SigningKey:
    """A private key; raises `PackError`, which never holds what the file says."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(_bounded(file), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise PackError("it is no private Ed25519 key without a passphrase", where=str(file), hint="packs keygen NAME")
    return SigningKey(_public(key.public_key(), file.stem).fingerprint, key)


def load_public_key(file: Path) -> PublicKey:
    """A public key; raises `PackError`."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        key = load_pem_public_key(_bounded(file))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise PackError("it is no public Ed25519 key", where=str(file), hint="give the .pub file of the pack's author")
    return _public(key, file.stem)


def signer_of(content: bytes, signature: bytes, keys: Iterable[PublicKey]) -> PublicKey | None:
    """Whose of `keys` the signature over `content` is; None for nobody's."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, content)
        except InvalidSignature:
            continue
        return key
    return None


def trusted_keys(folder: Path) -> Keyring:
    """The keys of a folder, by name; of more than `MAX_KEYS` the first."""
    keys: list[PublicKey] = []
    problems: list[PackError] = []
    for file in sorted(folder.glob(f"*{PUBLIC_SUFFIX}"))[:MAX_KEYS]:
        try:
            keys.append(load_public_key(file))
        except PackError as error:
            problems.append(error)
    return Keyring(tuple(keys), tuple(problems))


def trust(file: Path, folder: Path) -> PublicKey:
    """Copy a public key into the folder of the trusted ones; again changes nothing. Raises `NotTrusted` where another
    key has its name."""
    key = load_public_key(file)
    check_name(key.name)
    known = {one.name: one for one in trusted_keys(folder).keys}
    if key.name not in known:
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(folder / f"{key.name}{PUBLIC_SUFFIX}", _bounded(file), 0o644)
    elif known[key.name].fingerprint != key.fingerprint:
        hint = f"give the file another name, or remove {folder / (key.name + PUBLIC_SUFFIX)}"
        raise NotTrusted(f"another key is trusted under the name `{key.name}`", where=str(file), hint=hint)
    return key


def _public(key: "Ed25519PublicKey", name: str) -> PublicKey:
    raw = key.public_bytes_raw()
    return PublicKey(name, hashlib.sha256(raw).hexdigest()[:32], raw)


def _bounded(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_KEY_BYTES)
    except OSError as error:
        raise PackError(f"cannot read it: {error.strerror or error}", where=str(file)) from error


def _write_new(file: Path, content: bytes, mode: int) -> None:
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise PackError(f"cannot write: {error.strerror or error}", where=str(file)) from error
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
