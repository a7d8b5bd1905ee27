"""A rehearsal goes an order's whole way and leaves no trace: not in a kernel, a journal, a budget or on a line."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from app.bench import connectors, quotes, trader
from engine.core import codec
from engine.core.commands import Place, Tif
from engine.core.effects import Keep, Likely, Submit
from engine.core.events import Asked, BookDelta, Kept
from engine.core.ids import KALSHI, POLYMARKET
from engine.core.units import SECOND, Nanos, Side, Ticks
from engine.host import host as pump
from engine.host.rehearsal import FORGOTTEN, IT, Practice, Rehearsal
from engine.kernel.step import Kernel
from tests.engine.host.fakes import Stand, news

if TYPE_CHECKING:
    import pytest

    from engine.core.effects import AnyEffect
    from engine.core.events import Event

PLACES = connectors.Places("http://127.0.0.1:9", "ws://127.0.0.1:9")
START = Nanos(1_790_000_000 * SECOND)


def _events() -> list[Event]:
    """A market that moves, as a session would step it."""
    clock = [START]
    market = quotes.KalshiQuotes(lambda: Nanos(clock[0]))
    read, first = connectors.reader(KALSHI, market, lambda: Nanos(clock[0]))
    events: list[Event] = [trader.opening(START), *trader.ready(market, START), *first]
    for n in range(60):
        clock[0] = Nanos(START + n * SECOND)
        events += read(market.move().encode(), Nanos(clock[0]))
    return events


def _stepped(events: list[Event], rehearse: set[int]) -> list[bytes]:
    """Step events and the orders that they call for, with rehearsals in between; return every digest."""
    kernel, digests, stage = Kernel(), [], Rehearsal()

    def step(event: Event) -> list[AnyEffect]:
        effects = list(kernel.step(event))
        digests.append(codec.digest(effects))
        return effects

    for n, event in enumerate(events):
        step(event)
        if n in rehearse:
            assert stage() is not None
        if n % 9 or not isinstance(event, BookDelta):
            continue
        place = Place(instrument=event.instrument, side=Side.BUY, price=Ticks(5_600), qty=trader.ONE, tif=Tif.IOC)
        kept = [one.then for one in step(Asked(at=event.at, command=place, pressed_at=event.at)) if type(one) is Keep]
        digests += [
            b"left" for what in kept if what for one in step(Kept(at=event.at, what=what)) if type(one) is Submit
        ]
        while kernel.prepare():
            pass
    return digests


@settings(max_examples=8, deadline=None)
@given(st.sets(st.integers(0, 70), max_size=20))
def test_a_session_is_the_same_with_rehearsals_and_without(when: set[int]) -> None:
    events = _events()
    alone = _stepped(events, set())
    assert alone.count(b"left") >= 3, "orders are among them"
    assert _stepped(events, when) == alone


def test_every_rehearsal_is_of_an_order_that_would_leave_and_they_do_not_gather() -> None:
    stage = Rehearsal()
    for n in range(2 * FORGOTTEN + 5):
        order = stage()
        assert order is not None, n
        assert order.place.instrument == IT
        assert len(stage._kernel.state.register) <= FORGOTTEN


def test_gateways_put_it_into_words_and_spend_sign_count_and_send_nothing() -> None:
    order = Rehearsal()()
    assert order is not None

    async def main() -> None:
        for venue in (KALSHI, POLYMARKET):
            market = quotes.ALL[venue](lambda: Nanos(time.time_ns()))
            gateway = connectors.gateway(venue, PLACES, market, lambda: Nanos(time.time_ns()))
            rest = gateway._rest if venue == KALSHI else gateway._clob  # type: ignore[attr-defined]
            written: list[bytes] = []
            encoded = rest._lines()._encoded
            rest._lines()._encoded = lambda *a, put=encoded, to=written: to.append(put(*a)) or to[-1]
            signed = []
            rest._sign = lambda *a, to=signed: to.append(a) or {}
            room = [rest.budget.room(name) for name in ("read", "write", "cancel")]
            gateway.rehearse(order)  # type: ignore[attr-defined]
            (request,) = written
            assert request.startswith(b"POST ")
            assert request.endswith(b"}")
            assert len(request) > 500
            assert [rest.budget.room(name) for name in ("read", "write", "cancel")] == room
            assert (rest.requests, signed, rest._lines()._lines) == (0, [], set())
            await rest.close()

    asyncio.run(main())


async def test_the_host_rehearses_after_orders_when_nothing_waits_and_not_too_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand, done = Stand(), []
    monkeypatch.setattr(pump, "SPARE_EVERY_NS", 0)
    monkeypatch.setattr(pump, "REHEARSED_EVERY_NS", 0)
    order = Rehearsal()()
    assert order is not None
    spare = iter([True, False, False, False, False])
    stand.host._spare = lambda: next(spare)
    stand.host.serve(lambda _: done.append("sent"))
    stand.host.rehearse(lambda: done.append("rehearsed"))
    stand.kernel.answer = lambda event: [Submit(order=order)] if event.at == 2 else []
    stand.host.emit(news(1))
    await stand.settle()
    assert done == [], "nobody sends orders"
    stand.host.emit(news(2))
    stand.host.emit(news(3))
    await stand.settle()
    await stand.until(lambda: len(done) == 2)
    assert done == ["sent", "rehearsed"]
    assert [event.at for event in stand.kernel.seen] == [1, 2, 3]
    assert len(stand.disk.rows) == 3
    monkeypatch.setattr(pump, "REHEARSED_EVERY_NS", 3_600 * SECOND)
    stand.host.emit(news(4))
    await stand.settle()
    assert done == ["sent", "rehearsed"]
    stand.host.stop()


async def test_a_rehearsal_that_fails_is_told_once_and_the_session_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stand, told = Stand(), []
    monkeypatch.setattr(pump, "SPARE_EVERY_NS", 0)
    monkeypatch.setattr(pump, "REHEARSED_EVERY_NS", 0)
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
    stand.host._spare = lambda: False
    stand.host._sent_at = time.perf_counter_ns()

    def fails(_: object) -> None:
        msg = "a bug"
        raise ValueError(msg)

    stand.host.rehearse(Practice([fails]))
    for number in (1, 2, 3):
        stand.host.emit(news(number))
        await stand.settle()
    assert told == ["an order could not be rehearsed"]
    assert len(stand.kernel.seen) == 3
    stand.host.stop()


async def test_orders_that_may_come_are_put_into_words_when_nothing_else_is_to_be_laid_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand, done, told = Stand(), [], []
    monkeypatch.setattr(pump, "SPARE_EVERY_NS", 0)
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
    one = Likely(place=Place(instrument=IT, side=Side.BUY), client="c-1", at=Nanos(1))
    laid, likely = iter([True, False, False, False]), iter([one, one, None])
    stand.host._spare = lambda: next(laid)
    stand.host._foresee = lambda: next(likely)
    stand.host.rehearse(lambda: done.append("rehearsed"))
    stand.host._sent_at = time.perf_counter_ns()

    def words(order: Likely) -> None:
        done.append(order.client)

    stand.host.draft(words)
    for number in (1, 2, 3, 4):
        stand.host.emit(news(number))
        await stand.settle()
    assert done == ["c-1", "c-1", "rehearsed"]
    assert told == []
    stand.host.stop()


async def test_words_that_cannot_be_made_are_told_once_and_the_session_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stand, told = Stand(), []
    monkeypatch.setattr(pump, "SPARE_EVERY_NS", 0)
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
    one = Likely(place=Place(instrument=IT, side=Side.BUY), client="c-1", at=Nanos(1))
    stand.host._spare = lambda: False
    stand.host._foresee = lambda: one

    def fails(_: Likely) -> None:
        msg = "a bug"
        raise ValueError(msg)

    stand.host.draft(fails)
    for number in (1, 2, 3):
        stand.host.emit(news(number))
        await stand.settle()
    assert told == ["an order could not be put into words beforehand"]
    assert len(stand.kernel.seen) == 3
    stand.host.stop()
