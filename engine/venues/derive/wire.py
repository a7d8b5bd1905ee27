"""Derive's JSON-RPC frames and answers, as typed values. Pure: bytes in, a `Frame` out.

A notification has ``method`` ``subscription`` and its channel and data in ``params``; an answer has ``id`` and either
``result`` or ``error``. The same envelope comes by HTTP. The member ``jsonrpc`` may be missing. Of an error the code
decides, and its ``data`` says what is really wrong.

Source: the venue's OpenAPI and AsyncAPI files of the third version, September 2026; frames recorded in October 2026.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, ParamSpec, TypeVar

import msgspec

from engine.core.errors import WireError
from engine.core.ids import DERIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

P = ParamSpec("P")
T = TypeVar("T")
LARGEST: Final = 8 << 20
"""Bytes of the largest frame or body that is read."""
MOST: Final = 10_000
"""Rows of one list."""
Word = Annotated[str, msgspec.Meta(max_length=128)]
"""A name, an id, a status: anything that is compared or shown whole."""
Digits = Annotated[str, msgspec.Meta(max_length=96)]
Prose = Annotated[str, msgspec.Meta(max_length=65_536)]
Stamp = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
UNREADABLE: Final = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)


class RpcError(msgspec.Struct, frozen=True):
    """A definite word of the venue, or that it does not know (9000, 9001)."""

    code: Annotated[int, msgspec.Meta(ge=-(1 << 31), le=1 << 31)]
    message: Prose = ""
    data: msgspec.Raw = msgspec.Raw()

    @property
    def text(self) -> str:
        """What it says, in one line of bounded length: nothing of it may be trusted to be plain."""
        said = f"{self.message} {_plain(bytes(self.data))}" if self.data else self.message
        return " ".join(said.split())[:200]


@dataclass(frozen=True, slots=True)
class Told:
    """Data of a channel."""

    channel: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request came to."""

    id: str
    result: bytes
    error: RpcError | None


class _Params(msgspec.Struct):
    channel: Word
    data: msgspec.Raw


class _Frame(msgspec.Struct):
    id: Word | int | None = None
    method: Word = ""
    params: _Params | None = None
    result: msgspec.Raw = msgspec.Raw()
    error: RpcError | None = None


class Subscribed(msgspec.Struct, frozen=True):
    """What became of each channel that was asked for, and all that are on."""

    status: dict[Word, Prose] = {}
    current_subscriptions: Annotated[list[Word], msgspec.Meta(max_length=MOST)] = []


class Page(msgspec.Struct, frozen=True):
    """How many pages a listing has."""

    count: Stamp = 0
    num_pages: Stamp = 0


_FRAME: Final = msgspec.json.Decoder(_Frame)
SUBSCRIBED: Final = msgspec.json.Decoder(Subscribed)


def read(raw: bytes | str) -> Told | Answered:
    """Return what a frame of the socket, or a body of an answer by HTTP, is.

    Raises
    ------
    WireError
        If it is neither.
    """
    if len(raw) > LARGEST:
        raise WireError(DERIVE, f"{len(raw)} bytes in one message", raw)
    frame = understood(_FRAME.decode, raw, raw)
    if frame.params is not None and frame.method == "subscription":
        return Told(frame.params.channel, bytes(frame.params.data))
    if frame.error is None and not frame.result:
        raise WireError(DERIVE, "neither a notification nor an answer", raw)
    return Answered("" if frame.id is None else str(frame.id), bytes(frame.result), frame.error)


def understood(make: Callable[P, T], raw: bytes | str, *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `make` makes of foreign values.

    Raises
    ------
    WireError
        If it cannot make anything of them.
    """
    try:
        return make(*args, **kwargs)
    except UNREADABLE as e:
        raise WireError(DERIVE, f"unreadable ({' '.join(str(e).split())[:120]})", raw) from e


def body(decoder: msgspec.json.Decoder[T], raw: bytes) -> T:
    """Return a result as its type; WireError if it is of another."""
    return understood(decoder.decode, raw, raw)


def rows(one: msgspec.json.Decoder[T], many: msgspec.json.Decoder[list[T]], raw: bytes) -> list[T]:
    """Return the rows of a channel's data, which is a list of them or a single one; WireError for anything else."""
    return body(many, raw) if raw[:1] == b"[" else [body(one, raw)]


def call(number: int, method: str, params: Mapping[str, object]) -> str:
    """Return a request as it is sent on the socket; without parameters an empty object is sent, as the venue wants."""
    return json.dumps({"id": number, "method": method, "params": dict(params)}, separators=(",", ":"))


def _plain(raw: bytes) -> str:
    try:
        found = msgspec.json.decode(raw)
    except UNREADABLE:
        return ""
    return found if isinstance(found, str) else "" if found is None else json.dumps(found)
