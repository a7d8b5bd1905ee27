"""Requests for quotes on Derive: told, answered with what was signed, taken leg by leg, never left standing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from engine.core.events import QuoteRequested, QuoteRequestOver, QuoteStood, QuoteTaken
from engine.core.quotes import Quote
from engine.core.units import SECOND, Nanos, Side
from engine.sandbox.servers import derive_auth
from engine.venues.derive import sign
from engine.venues.derive.keys import DeriveKeys
from engine.venues.quoting import AnswersQuotes
from tests.engine.venues.derive.stage import MINE, TAKER, THEIRS, Stage, hasten, now, played


@pytest.fixture(autouse=True)
def _hasty(monkeypatch) -> None:
    hasten(monkeypatch)


def taker(here: Stage) -> Any:
    return here.server.wallets.find(derive_auth.address_of(TAKER))


def options(here: Stage) -> tuple[str, str]:
    """Return a call at the money and one above it."""
    names = sorted(name for name in here.floor.contracts if name.endswith("-C"))
    return next(n for n in names if "-2500-" in n), next(n for n in names if "-2600-" in n)


async def asked(here: Stage, *amounts: str) -> QuoteRequested:
    """Let the taker ask for a call spread; return what was told of it."""
    low, high = options(here)
    before = len(here.told)
    legs = [
        {"instrument_name": low, "direction": "buy", "amount": amounts[0]},
        {"instrument_name": high, "direction": "sell", "amount": amounts[-1]},
    ]
    here.server.method("private/send_rfq", {"subaccount_id": THEIRS, "legs": legs}, taker(here))
    await here.until(lambda: any(isinstance(one, QuoteRequested) for one in here.told[before:]))
    return next(one for one in here.told[before:] if isinstance(one, QuoteRequested))


def quote(told: QuoteRequested, client: str, side: Side, *prices: str, seconds: float = 60) -> Quote:
    legs = [msgspec.structs.replace(leg, price=Decimal(p)) for leg, p in zip(told.request.legs, prices, strict=True)]
    until = Nanos(now() + int(seconds * SECOND))
    return Quote(
        request=told.request, client=client, side=side, qty=told.request.qty, legs=tuple(legs), until=until
    )  # fmt: skip


def stood(here: Stage, client: str) -> list[QuoteStood]:
    return [one for one in here.told if isinstance(one, QuoteStood) and one.client == client]


def execute(here: Stage, client: str) -> None:
    """Let the taker take a quote, with a signature of his own."""
    (there,) = [one for one in here.server.desk.quotes.values() if one.label == client and one.status == "open"]
    signer = sign.Signer(DeriveKeys(TAKER, derive_auth.address_of(TAKER), THEIRS), here.endpoints)
    legs = [
        sign.Leg(leg.contract.name, leg.contract.asset, leg.contract.sub_id, leg.price, leg.amount, leg.buys)
        for leg in there.legs
    ]
    nonce, expiry, buys = now(), now() // SECOND + 60, not there.buys
    body = {
        "rfq_id": there.request.id, "quote_id": there.id, "subaccount_id": THEIRS, "max_fee": "500", "nonce": nonce,
        "direction": "buy" if buys else "sell", "legs": [leg.words() for leg in there.legs],
        "signer": signer.address, "signature_expiry_sec": expiry,
        "signature": signer.quote(sign.execute_data(Decimal(500), legs, buys=buys), nonce, expiry),
    }  # fmt: skip
    here.server.method("private/execute_quote", body, taker(here))


def test_a_request_is_told_and_both_sides_are_quoted_and_one_is_taken() -> None:
    async def scenario(here: Stage) -> None:
        assert isinstance(here.gateway, AnswersQuotes)
        told = await asked(here, "2", "2")
        assert (told.request.qty, [leg.ratio for leg in told.request.legs]) == (2, [1, 1])
        assert [leg.side for leg in told.request.legs] == [Side.BUY, Side.SELL]
        await here.gateway.quote(quote(told, "sells", Side.SELL, "80.03", "40.07"))
        await here.gateway.quote(quote(told, "buys", Side.BUY, "70.0", "45.0"))
        assert [one.status for one in stood(here, "sells")][:1] == ["open"]
        (there,) = [one for one in here.server.desk.quotes.values() if one.label == "sells"]
        assert [leg.price for leg in there.legs] == [Decimal("80.1"), Decimal("40.0")], "on tick, away from the taker"
        assert there.max_fee < 1_000
        before = here.floor.accounts[MINE].cash
        execute(here, "sells")
        await here.until(lambda: any(isinstance(one, QuoteTaken) for one in here.told))
        (taken,) = [one for one in here.told if isinstance(one, QuoteTaken)]
        assert (taken.client, taken.request) == ("sells", told.request.id)
        assert [(leg.side, leg.price, leg.qty) for leg in taken.legs] == [
            (Side.SELL, Decimal("80.1"), 2), (Side.BUY, Decimal("40.0"), 2),
        ]  # fmt: skip
        fees = sum(leg.fee for leg in taken.legs)
        assert here.floor.accounts[MINE].cash == before + 2 * Decimal("40.1") - fees
        await here.until(lambda: any(isinstance(one, QuoteRequestOver) for one in here.told))
        await here.until(lambda: stood(here, "buys")[-1].status == "cancelled")
        assert stood(here, "sells")[-1].status == "filled"
        await here.gateway.quotes([told.request.id])
        assert len([one for one in here.told if isinstance(one, QuoteTaken)]) == 1, "it is told once"

    played(scenario, feed=False)


def test_legs_of_different_sizes_become_whole_ratios() -> None:
    async def scenario(here: Stage) -> None:
        told = await asked(here, "0.6", "0.9")
        assert (told.request.qty, [leg.ratio for leg in told.request.legs]) == (Decimal("0.3"), [2, 3])
        await here.gateway.quote(quote(told, "q", Side.SELL, "80", "40"))
        (there,) = here.server.desk.quotes.values()
        assert [leg.amount for leg in there.legs] == [Decimal("0.6"), Decimal("0.9")]

    played(scenario, feed=False)


@pytest.mark.parametrize("kind", ["drop", "reset_after", "error_after", "throttle"])
def test_a_quote_whose_answer_was_lost_counts_until_the_venue_says(kind) -> None:
    async def scenario(here: Stage) -> None:
        told = await asked(here, "1")
        here.fault(kind, "/private/send_quote")
        await here.gateway.quote(quote(told, "q", Side.SELL, "80", "40"))
        if kind == "throttle":
            assert [one.status for one in stood(here, "q")] == ["rejected"]
            return
        assert "lost" in [one.status for one in stood(here, "q")]
        await here.gateway.quotes([told.request.id])
        await here.until(lambda: stood(here, "q")[-1].status == ("lost" if kind == "drop" else "open"))
        assert here.sent("private/send_quote") == (0 if kind == "drop" else 1)
        if kind != "drop":
            await here.gateway.unquote(quote(told, "q", Side.SELL, "80", "40"))
            await here.until(lambda: stood(here, "q")[-1].status == "cancelled")

    played(scenario, feed=False)


def test_a_quote_is_put_in_the_place_of_another() -> None:
    async def scenario(here: Stage) -> None:
        told = await asked(here, "1")
        await here.gateway.quote(quote(told, "q", Side.SELL, "80", "40"))
        await here.gateway.requote(quote(told, "q", Side.SELL, "85", "40"))
        assert [one.status for one in here.server.desk.quotes.values()] == ["cancelled", "open"]
        await here.until(lambda: stood(here, "q")[-1].status == "open")
        assert stood(here, "q")[-1].venue_quote == list(here.server.desk.quotes)[1]
        await here.gateway.unquote(quote(told, "q", Side.SELL, "85", "40"))
        await here.until(lambda: stood(here, "q")[-1].status == "cancelled")

    played(scenario, feed=False)


def test_a_quote_that_cannot_be_replaced_stands_as_it_did() -> None:
    async def scenario(here: Stage) -> None:
        told = await asked(here, "1")
        await here.gateway.quote(quote(told, "q", Side.SELL, "80", "40"))
        part = msgspec.structs.replace(quote(told, "q", Side.SELL, "85", "40"), qty=Decimal("0.5"))
        await here.gateway.requote(part)
        assert stood(here, "q")[-1].status == "open"
        here.fault("throttle", "/private/replace_quote")
        await here.gateway.requote(quote(told, "q", Side.SELL, "85", "40"))
        assert stood(here, "q")[-1].status == "lost"
        assert [one.status for one in here.server.desk.quotes.values()] == ["open"]
        await here.gateway.quotes([told.request.id])
        assert stood(here, "q")[-1].status == "open"

    played(scenario, feed=False)


def test_a_quote_that_outlived_its_time_is_taken_back_unasked() -> None:
    async def scenario(here: Stage) -> None:
        told = await asked(here, "1")
        await here.gateway.quote(quote(told, "late", Side.SELL, "80", "40", seconds=-1))
        assert (stood(here, "late")[-1].status, here.sent("private/send_quote")) == ("rejected", 0)
        await here.gateway.quote(quote(told, "short", Side.SELL, "80", "40", seconds=0.2))
        await here.until(lambda: stood(here, "short")[-1].status == "cancelled")
        assert [one.status for one in here.server.desk.quotes.values()] == ["cancelled"]

    played(scenario, feed=False)


def test_what_cannot_be_signed_is_rejected_before_anything_leaves() -> None:
    async def scenario(here: Stage) -> None:
        told = await asked(here, "1")
        part = msgspec.structs.replace(quote(told, "part", Side.SELL, "80", "40"), qty=Decimal("0.5"))
        bare = msgspec.structs.replace(quote(told, "bare", Side.SELL, "80", "40"), legs=told.request.legs)
        tiny = quote(told, "tiny", Side.BUY, "0.01", "40")
        for one in (part, bare, tiny):
            await here.gateway.quote(one)
            assert stood(here, one.client)[-1].status == "rejected"
            assert len(stood(here, one.client)[-1].text.split()) > 3
        assert here.sent("private/send_quote") == 0

    played(scenario, feed=False)


def test_requests_that_were_open_before_we_came_are_told() -> None:
    async def scenario(here: Stage) -> None:
        here.fault("drop", channel="ws")
        await here.until(lambda: not here.link("account"))
        low, _ = options(here)
        legs = [{"instrument_name": low, "direction": "sell", "amount": "1"}]
        here.server.method("private/send_rfq", {"subaccount_id": THEIRS, "legs": legs}, taker(here))
        await here.until(lambda: any(isinstance(one, QuoteRequested) for one in here.told))
        assert here.sent("private/poll_rfqs") >= 1

    played(scenario, feed=False)


def test_a_quote_whose_row_cannot_be_read_is_lost_and_nothing_ends() -> None:
    async def scenario(here: Stage) -> None:
        told = await asked(here, "1")
        await here.gateway.quote(quote(told, "q", Side.SELL, "80", "40", seconds=0.2))
        get = here.server.methods.private["private/get_quotes"]

        def spoilt(wallet: Any, params: Any) -> Any:
            said = get(wallet, params)
            return {**said, "quotes": [{**row, "fill_pct": "NaN"} for row in said["quotes"]]}

        here.server.methods.private["private/get_quotes"] = spoilt
        here.server.methods.private["private/cancel_quote"] = spoilt  # no answer to a cancel either
        await here.gateway.quotes([told.request.id])
        assert stood(here, "q")[-1].status == "lost"
        await here.until(lambda: here.sent("private/cancel_quote"))
        name = await here.order(Side.BUY, 2400, 1)
        assert here.words(name) == ["Accepted"]

    played(scenario, feed=False)
