"""Whether there is a newer version: asked once a day where the settings allow it, told, never installed.

The address and the keys are pinned in the program (`resources/release/channel.json`); a program that was built without
them never asks. A manifest counts only if one of the pinned keys signed it, it has not expired, it is of this program
and its version is higher than ours: whatever else comes, a bad signature and a redirect included, is no update at all.
(Promise P30.)
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import resources
from app import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONGEST: Final = 65_536
"""Bytes of a manifest."""
PATIENCE_S: Final = 10.0
DAY_S: Final = 86_400.0
SIGNATURE: Final = 64
_VERSION: Final = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})")


class Artefact(msgspec.Struct, frozen=True):
    """One file of a release."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """A release, as its maker signed it. Times are UTC seconds."""

    program: str
    version: str
    made: int
    expires: int
    artefacts: tuple[Artefact, ...] = ()


class Channel(msgspec.Struct, frozen=True):
    """Where manifests are, and whose signatures count."""

    address: str = ""
    """Such as ``https://…/manifest.json``; its signature is beside it, ``manifest.sig``."""
    keys: tuple[str, ...] = ()
    """Ed25519 public keys, hexadecimal."""


@dataclass(frozen=True, slots=True)
class Newer:
    """A version that is newer than this one."""

    version: str

    @property
    def words(self) -> str:
        """Return what is told."""
        return f"atmx {self.version} is there; this is {__version__}. Nothing was downloaded or installed."


def channel() -> Channel:
    """Return what this program was built with."""
    return msgspec.json.decode(resources.path("release", "channel.json").read_bytes(), type=Channel)


def judge(body: bytes, signature: str, keys: Sequence[str], now_s: float, ours: str = __version__) -> Newer | None:
    """Return the newer version that a manifest honestly tells of, or None.

    Parameters
    ----------
    body : bytes
        The manifest as it came.
    signature : str
        Of exactly these bytes, hexadecimal.
    keys : sequence of str
        Public keys that count.
    now_s : float
        UTC seconds.
    """
    if len(body) > LONGEST or not _signed(body, signature, keys):
        return None
    try:
        found = msgspec.json.decode(body, type=Manifest)
    except msgspec.DecodeError:
        return None
    theirs, mine = _numbers(found.version), _numbers(ours)
    good = found.program == "atmx" and found.made <= now_s + 86_400 and now_s < found.expires
    if not good or theirs is None or mine is None or theirs <= mine:
        return None
    return Newer(found.version)


async def ask(where: Channel, now_s: float) -> Newer | None:
    """Ask for the newest version; None when there is none, or when nothing trustworthy came."""
    if not (where.address and where.keys):
        return None
    if not where.address.startswith(("https://", "http://127.0.0.1:")):  # the second for tests
        return None
    timeout = httpx.Timeout(PATIENCE_S)
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False) as client:
        body = await _fetched(client, where.address)
        signature = await _fetched(client, where.address.removesuffix(".json") + ".sig")
    if body is None or signature is None:
        return None
    return judge(body, signature.decode("ascii", "replace").strip(), where.keys, now_s)


async def follow(tell: Callable[[str], None]) -> None:
    """Ask now and then once a day, and tell of each newer version once; runs until cancelled."""
    where, told = channel(), ""
    while where.address and where.keys:
        newer = await ask(where, time.time())
        if newer is not None and newer.version != told:
            told = newer.version
            tell(newer.words)
        await asyncio.sleep(DAY_S)


async def _fetched(client: httpx.AsyncClient, address: str) -> bytes | None:
    """Return a short body; None of anything else."""
    try:
        async with client.stream("GET", address) as answer:
            if answer.status_code != httpx.codes.OK:
                return None
            found = b""
            async for piece in answer.aiter_bytes():
                found += piece
                if len(found) > LONGEST:
                    return None
            return found
    except httpx.HTTPError:
        return None


def _signed(body: bytes, signature: str, keys: Sequence[str]) -> bool:
    try:
        given = bytes.fromhex(signature)
    except ValueError:
        return False
    if len(given) != SIGNATURE:
        return False
    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(given, body)
        except (InvalidSignature, ValueError):
            continue
        return True
    return False


def _numbers(version: str) -> tuple[int, ...] | None:
    found = _VERSION.fullmatch(version)
    return None if found is None else tuple(int(part) for part in found.groups())
