"""Deribit's JSON-RPC: requests as text, frames and answers as typed values. Pure.

A frame answers a request of ours (`Reply`, `Refusal`), asks whether we are there (`Heartbeat`), or is news of a
channel (`News`), whose data the other ``wire_`` modules read.

Source: Deribit API v2, "JSON-RPC" and "Notifications".
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from engine.core.errors import WireError
from engine.core.ids import DERIBIT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LARGEST: Final = 16 << 20
"""Bytes of the largest frame or answer that is read."""
LONGEST: Final = 200
"""Characters of the venue's words that are kept."""
UNREADABLE: Final = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError, TypeError)
"""What foreign bytes can raise: no JSON, wrong types, numbers beyond reason, nesting without end."""
T = TypeVar("T")


class Reply(msgspec.Struct, frozen=True):
    """The venue did what a request asked."""

    id: int | str | None
    result: msgspec.Raw
    sent_us: int | None = None
    """The venue's clock when it answered, microseconds."""


class Refusal(msgspec.Struct, frozen=True):
    """It did not."""

    id: int | str | None
    code: int
    message: str = ""
    reason: str = ""
    param: str = ""


class Heartbeat(msgspec.Struct, frozen=True):
    """It asks for, or only gives, a sign of life."""

    test: bool
    """Whether it wants an answer, without which it closes the socket."""


class News(msgspec.Struct, frozen=True):
    """Data of a channel."""

    channel: str
    data: msgspec.Raw


class Unused(msgspec.Struct, frozen=True):
    """A message we do not use, by its method."""

    method: str


Frame = Reply | Refusal | Heartbeat | News | Unused


class _Data(msgspec.Struct):
    reason: str = ""
    param: str = ""


class _Error(msgspec.Struct):
    code: int
    message: str = ""
    data: msgspec.Raw = msgspec.Raw()


class _Params(msgspec.Struct):
    channel: str = ""
    data: msgspec.Raw = msgspec.Raw()
    type: str = ""


class _Head(msgspec.Struct):
    method: str = ""
    params: msgspec.Raw = msgspec.Raw()
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw()
    error: _Error | None = None
    usOut: int | str | None = None  # the venue's own name


class _Tagged(msgspec.Struct, tag_field="method", tag="subscription"):
    """What nearly every frame is."""

    params: _Params


_HEAD: Final = msgspec.json.Decoder(_Head)
_TAGGED: Final = msgspec.json.Decoder(_Tagged)
_PARAMS: Final = msgspec.json.Decoder(_Params)
_DATA: Final = msgspec.json.Decoder(_Data)
NAMES: Final = msgspec.json.Decoder(list[str])
"""What a subscription answers."""
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def read(raw: str | bytes) -> Frame:
    """Return what a frame is.

    Raises
    ------
    WireError
        If it is no JSON-RPC message.
    """
    if len(raw) > LARGEST:
        raise WireError(DERIBIT, f"a frame of more than {LARGEST} bytes", raw)
    try:
        news = _TAGGED.decode(raw).params
    except UNREADABLE:  # it is not news, or nothing at all
        return _head(raw)
    return News(news.channel, news.data)


def _head(raw: str | bytes) -> Frame:
    try:
        return _other(_HEAD.decode(raw))
    except UNREADABLE as e:
        raise WireError(DERIBIT, f"not a message of its protocol ({type(e).__name__})", raw) from e


def _other(head: _Head) -> Frame:
    if head.error is not None:
        return _refusal(head.id, head.error)
    if head.method == "heartbeat":
        return Heartbeat(_PARAMS.decode(head.params).type == "test_request")
    if head.method:
        return Unused(head.method[:LONGEST])
    if bytes(head.result) == b"" and head.id is None:
        msg = "neither news nor an answer"
        raise ValueError(msg)
    return Reply(head.id, head.result, _micros(head.usOut))


def _refusal(number: int | str | None, error: _Error) -> Refusal:
    data = _Data()
    with contextlib.suppress(*UNREADABLE):  # it may be null, text, or left out
        data = _DATA.decode(error.data)
    return Refusal(number, error.code, error.message[:LONGEST], data.reason[:LONGEST], data.param[:LONGEST])


def _micros(stamp: int | str | None) -> int | None:
    """Return a stamp that comes as a number or as digits; None for anything else."""
    if isinstance(stamp, str):
        stamp = int(stamp) if len(stamp) <= 19 and stamp.isascii() and stamp.isdecimal() else None
    return stamp if stamp is not None and 0 <= stamp < 1 << 53 else None


def answer(raw: bytes) -> Reply | Refusal:
    """Return what an HTTP answer says, whatever its status.

    Raises
    ------
    WireError
        If it is no answer.
    """
    frame = read(raw)
    if not isinstance(frame, Reply | Refusal):
        raise WireError(DERIBIT, "a body that answers nothing", raw)
    return frame


def body(decoder: msgspec.json.Decoder[T], raw: msgspec.Raw | bytes) -> T:
    """Return data, typed.

    Raises
    ------
    WireError
        If it is not of that type.
    """
    try:
        return decoder.decode(raw)
    except UNREADABLE as e:
        raise WireError(DERIBIT, f"data of another shape ({type(e).__name__}: {str(e)[:80]})", bytes(raw)) from e


def understood(make: Callable[..., T], raw: msgspec.Raw | bytes | str, *args: object) -> T:
    """Return what `make` makes of values that were read; WireError where they mean nothing."""
    try:
        return make(*args)
    except (*UNREADABLE, KeyError) as e:
        text = raw if isinstance(raw, str) else bytes(raw)
        raise WireError(DERIBIT, f"values that mean nothing ({str(e)[:80]})", text) from e


def request(number: int, method: str, params: Mapping[str, object]) -> str:
    """Return a request. Decimals in `params` are written as numbers, digit by digit."""
    return _ENCODER.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).decode()
