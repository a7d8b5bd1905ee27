"""Polymarket's private requests and their answers: bodies to send, verdicts to act on. Pure.

An answer of 200 may hold a refusal: without an order id nothing was taken, whatever `success` says. A batch is read
item by item. The venue's words are mapped to codes; what is shown is ours.

Source: CLOB v2, official clients 0.14 and 1.2.1; documentation of 2026.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, TypeVar

import msgspec

from engine.core.errors import WireError
from engine.core.ids import POLYMARKET
from engine.venues.polymarket.keys import Credentials
from engine.venues.polymarket.wire_market import LARGEST, Word
from engine.venues.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.venues.polymarket.sign import Order

BATCH: Final = 15
"""Most orders of one request."""
CANCELS: Final = 3_000
FIRST_CURSOR: Final = "MA=="
LAST_CURSOR: Final = "LTE="
SIDE_WORDS: Final = ("BUY", "SELL")
Text = Annotated[str, msgspec.Meta(max_length=4_096)]

REFUSALS: Final = (
    ("not enough balance", "funds", "not enough money or shares, or no allowance for the exchange"),
    ("order crosses book", "post_only", "it would have traded at once, and was to rest only"),
    ("fully filled", "not_filled", "it could not be filled whole"),
    ("no orders found to match", "not_filled", "nothing stood at its price"),
    ("not yet ready", "not_ready", "the market is not ready for orders yet"),
    ("invalid expiration", "expiration", "its time to live is too short"),
    ("post-only mode", "post_only_mode", "the venue takes resting orders and cancels only just now"),
    ("post_only_mode", "post_only_mode", "the venue takes resting orders and cancels only just now"),
    ("cancel-only", "cancel_only", "the venue takes cancels only just now"),
    ("order_version_mismatch", "version", "the venue changed how orders are signed"),
    ("invalid signature", "signature", "the signature is not the wallet's, or for another exchange"),
    ("duplicat", "duplicate", "the venue has this very order already"),
    ("minimum", "size", "it is smaller than the market's least order"),
    ("tick size", "price", "its price is off the market's grid"),
    ("invalid amounts", "amounts", "its amounts have too many digits"),
    ("closed", "closed", "the market is closed"),
)
"""What a refusal holds, our code for it, and what the trader is told."""
RESTARTING: Final = 425
"""The matching engine restarts: nothing was taken."""
_POST_ONLY: Final = ',"postOnly":true'
_QUOTED: Final[Remembered[str, str]] = Remembered(lambda text: msgspec.json.encode(text).decode(), 256)
"""Names as JSON has them."""
_DECIMALS: Final[Remembered[int, str]] = Remembered(str, 256)
"""Numbers of tokens, of 78 digits, in digits."""


class Signed(NamedTuple):
    """An order ready to be sent."""

    id: str
    """Under which the venue will file it."""
    order: Order
    signature: str
    order_type: str
    """GTC, GTD, FOK or FAK."""
    post_only: bool
    expiration_s: int
    """Unix seconds; 0 for none."""
    words: tuple[str, bytes] | None = None
    """Whose API key posts it and as what, where that was put together beforehand."""


class Verdict(NamedTuple):
    """What an answer says of one order."""

    order_id: str
    """Empty: refused."""
    status: str = ""
    """``live``, ``matched``, ``delayed``, ``unmatched``."""
    code: str = ""
    text: str = ""
    making: Decimal | None = None
    taking: Decimal | None = None


class CancelReply(msgspec.Struct, frozen=True):
    """Which cancels were done; the venue's reasons for the others are not shown."""

    canceled: Annotated[list[Word], msgspec.Meta(max_length=CANCELS)] = []
    not_canceled: dict[Word, Text] | None = None


class _Post(msgspec.Struct, frozen=True, rename="camel"):
    success: bool = False
    error_msg: Text | None = None
    order_id: Word | None = msgspec.field(name="orderID", default=None)
    status: Word | int | None = None
    making_amount: Word | None = None
    taking_amount: Word | None = None
    error: Text | None = None


class _Error(msgspec.Struct, frozen=True):
    error: Any = None
    error_msg: Any = msgspec.field(name="errorMsg", default=None)
    code: Any = None
    retry_after_seconds: float | str | None = None


class _Beat(msgspec.Struct, frozen=True):
    heartbeat_id: Word


class _Balance(msgspec.Struct, frozen=True):
    balance: Word | int


class _Page(msgspec.Struct, frozen=True):
    data: msgspec.Raw
    next_cursor: Word | None = None


class _Keys(msgspec.Struct, frozen=True, rename="camel"):
    api_key: Word
    secret: Word
    passphrase: Word


class _Version(msgspec.Struct, frozen=True):
    version: int | str


class _Holding(msgspec.Struct, frozen=True, rename="camel"):
    asset: Word
    condition_id: Word
    size: Decimal
    avg_price: Decimal | None = None
    outcome_index: int | None = None


class Holding(NamedTuple):
    """Shares of a token, as the index of the chain had them some time ago."""

    token: str
    condition: str
    shares: Decimal
    average: Decimal | None
    outcome: int | None
    """0 is YES."""


def posted(one: Signed, owner: str) -> bytes:
    """Return an order as it is posted, in JSON without blanks: what is signed and sent."""
    if one.words is not None and one.words[0] == owner:
        return one.words[1]
    order = one.order
    return (
        f'{{"deferExec":false,"order":{{"builder":{_QUOTED[order.builder]},"expiration":"{one.expiration_s}",'
        f'"maker":{_QUOTED[order.maker]},"makerAmount":"{order.maker_amount}","metadata":{_QUOTED[order.metadata]},'
        f'"salt":{order.salt},"side":"{SIDE_WORDS[order.side]}","signature":"{one.signature}",'
        f'"signatureType":{order.signature_type},"signer":{_QUOTED[order.signer]},'
        f'"takerAmount":"{order.taker_amount}","timestamp":"{order.timestamp_ms}","tokenId":"{_DECIMALS[order.token]}"}},'
        f'"orderType":"{one.order_type}","owner":{_QUOTED[owner]}{_POST_ONLY if one.post_only else ""}}}'
    ).encode()


def body(content: object) -> bytes:
    """Return JSON without blanks: what is signed and sent."""
    return msgspec.json.encode(content)


def verdict(status: int, answer: bytes) -> Verdict:
    """Return what an answer to ``POST /order`` says.

    Raises
    ------
    WireError
        If a 2xx cannot be read: then the order may stand.
    """
    if not 200 <= status < 300:
        return refusal(status, answer)
    return _verdict(_read(_Post, answer))


def verdicts(status: int, answer: bytes, count: int) -> list[Verdict]:
    """Return what an answer to ``POST /orders`` says of each of `count` orders.

    Raises
    ------
    WireError
        If a 2xx cannot be read or does not hold one item for each.
    """
    if not 200 <= status < 300:
        return [refusal(status, answer)] * count
    items = _read(list[_Post], answer)
    if len(items) != count:
        raise WireError(POLYMARKET, f"{len(items)} answers to {count} orders", answer)
    return [_verdict(item) for item in items]


def refusal(status: int, answer: bytes) -> Verdict:
    """Return the refusal that a status outside 2xx is."""
    if status == RESTARTING:
        return Verdict("", code="restarting", text="the matching engine restarts; nothing was taken")
    return _refused(_words(answer), f"HTTP {status}")


def definite(status: int, answer: bytes) -> bool:
    """Whether a 5xx is a refusal all the same: the venue says that it takes fewer kinds of request just now."""
    return status == 503 and _refused(_words(answer), "").code in {"post_only_mode", "cancel_only"}


def retry_after_s(answer: bytes) -> float | None:
    """Return for how long a 429 asks us to wait, where its body says so."""
    try:
        wait = msgspec.json.decode(answer, type=_Error).retry_after_seconds
        seconds = float(wait) if wait is not None else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return seconds if seconds is not None and 0 <= seconds < 1e6 else None


def cancel_reply(answer: bytes) -> CancelReply:
    """Return which orders a cancel took. Raises WireError if that cannot be read."""
    return _read(CancelReply, answer)


def heartbeat_id(answer: bytes) -> str:
    """Return the id to send next, also from a refusal that names it. Raises WireError if there is none."""
    return _read(_Beat, answer).heartbeat_id


def page(answer: bytes) -> tuple[bytes, str]:
    """Return the rows of a page as JSON, and the cursor of the next; empty at the end.

    Raises
    ------
    WireError
        If it is no page.
    """
    if answer.lstrip()[:1] == b"[":
        return answer, ""
    found = _read(_Page, answer)
    cursor = found.next_cursor or ""
    return bytes(found.data), "" if cursor in ("", LAST_CURSOR) else cursor


def balance(answer: bytes) -> Decimal:
    """Return a balance in pUSD or shares; the venue counts in units of 0.000001. Raises WireError if it is none."""
    text = str(_read(_Balance, answer).balance)
    try:
        amount = Decimal(text)
    except ArithmeticError as e:
        raise WireError(POLYMARKET, "an unreadable balance", answer) from e
    if not amount.is_finite() or abs(amount) > Decimal("1e21"):
        raise WireError(POLYMARKET, "an unreadable balance", answer)
    return amount if "." in text else amount.scaleb(-6)


def credentials(answer: bytes) -> Credentials:
    """Return made or derived API keys. Raises WireError if the answer holds none; they are in no message."""
    try:
        found = msgspec.json.decode(answer, type=_Keys)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise WireError(POLYMARKET, "an answer without API keys") from None
    return Credentials(found.api_key, found.secret, found.passphrase)


def version(answer: bytes) -> str:
    """Return the order version in force. Raises WireError if the answer has none."""
    return str(_read(_Version, answer).version)[:8]


def clock(answer: bytes) -> int:
    """Return the venue's time in unix seconds. Raises WireError if it is none."""
    text = answer[:40].decode("ascii", "replace").strip().strip('"')
    if not text.isascii() or not text.isdecimal() or len(text) > 11:
        raise WireError(POLYMARKET, "an unreadable time", answer)
    return int(text)


def holdings(answer: bytes) -> list[Holding]:
    """Return a page of positions of the Data API, empty ones too. Raises WireError if they cannot be read."""
    rows = _read(list[_Holding], answer)
    if not all(row.size.is_finite() for row in rows):
        raise WireError(POLYMARKET, "a position of no size", answer)
    return [Holding(row.asset, row.condition_id, row.size, _finite(row.avg_price), row.outcome_index) for row in rows]


def _finite(value: Decimal | None) -> Decimal | None:
    return value if value is not None and value.is_finite() else None


def _verdict(post: _Post) -> Verdict:
    words = post.error_msg or post.error or ""
    if not post.order_id or not post.success:
        return _refused(words, "no order id")
    status = str(post.status or "").lower()
    return Verdict(post.order_id, status, making=_amount(post.making_amount), taking=_amount(post.taking_amount))


def _amount(text: str | None) -> Decimal | None:
    try:
        amount = Decimal(text) if text else None
    except ArithmeticError:
        return None
    return _finite(amount)


def _refused(words: str, what: str) -> Verdict:
    low = words.lower()
    found = next(((code, text) for part, code, text in REFUSALS if part in low), None)
    code, text = found or ("refused", f"the venue refused it ({what})")
    return Verdict("", code=code, text=text)


def _words(answer: bytes) -> str:
    """Return all the words of an error body, for comparison only."""
    try:
        found = msgspec.json.decode(answer, type=_Error)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return answer[:400].decode("utf-8", "replace")
    return " ".join(str(part)[:400] for part in (found.error, found.error_msg, found.code) if part is not None)


T = TypeVar("T")


def _read(kind: type[T], answer: bytes) -> T:
    if len(answer) > LARGEST:
        raise WireError(POLYMARKET, f"an answer of {len(answer)} bytes", answer)
    try:
        return msgspec.json.decode(answer, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError, ArithmeticError) as e:
        raise WireError(POLYMARKET, f"an unreadable answer ({str(e)[:120]})", answer) from e


def chunks(ids: Sequence[str], size: int = CANCELS) -> list[list[str]]:
    """Return ids in lists of at most `size`."""
    return [list(ids[n : n + size]) for n in range(0, len(ids), size)]
