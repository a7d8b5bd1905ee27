from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from engine.core import codec
from engine.core.commands import Halt
from engine.core.effects import Approved, Changed, Keep, Level, Notice, Row, Submit, Wake
from engine.core.errors import InvariantBroken
from engine.core.events import Asked, BookDelta, BookSnapshot, BooksStale, Due, Kept, LinkChanged, StoreChanged
from engine.core.ids import InstrumentId, VenueId
from engine.core.units import Lots, Nanos, Side, Ticks
from engine.host import host as module
from engine.views import topics
from tests.engine.host.fakes import HOUR_LATER, Stand, news

if TYPE_CHECKING:
    from engine.core.effects import AnyEffect
    from engine.core.events import Event

HALT = Halt(why="test")


def kinds(stand: Stand) -> list[str]:
    return [type(e).__name__ for e in stand.kernel.seen]


async def test_events_are_journalled_with_their_digest_before_their_effects() -> None:
    stand = Stand()
    row = Row("meta", {"key": "a", "value": "b"})
    effects = [Keep(rows=(row,), then="x"), Changed(topic=topics.SPINE), Notice(level=Level.INFO, text="t")]
    stand.kernel.answer = lambda event: list(effects)
    stand.host.emit(news(1))
    await stand.settle()
    assert stand.disk.order == ["journal 1", "keep x"]
    assert stand.disk.keeps == [((row,), "x")]
    seq, at, kind, body, digest = stand.disk.rows[0]
    assert (seq, at, kind, codec.decode(body), digest) == (1, 1, "LinkChanged", news(1), codec.digest(effects))
    assert stand.changed == [topics.SPINE]
    assert stand.host.sequence == 1
    stand.host.stop()


async def test_the_disk_is_held_while_a_slice_runs_and_let_go_even_after_a_fault() -> None:
    stand = Stand()
    held: list[bool] = []

    def answer(event: Event) -> list[AnyEffect]:
        held.append(stand.disk.held)
        if len(held) == 2:
            raise ValueError(event)
        return []

    stand.kernel.answer = answer
    stand.host.emit(news(1))
    stand.host.emit(news(2))
    await stand.settle()
    assert held == [True, True]
    assert not stand.disk.held
    assert stand.host.stopped


async def test_what_is_urgent_goes_before_the_market() -> None:
    stand = Stand()
    for number in (1, 2, 3):
        stand.host.emit(news(number))
    stand.host.ask(HALT)
    stand.host.kept(["a", "b"])
    stand.host.store_changed(False, "full")
    assert stand.host.waiting == 6
    await stand.settle()
    assert kinds(stand) == ["Asked", "Kept", "StoreChanged", "LinkChanged", "LinkChanged", "LinkChanged"]
    asked, kept, store = stand.kernel.seen[:3]
    assert isinstance(asked, Asked)
    assert asked.command == HALT
    assert isinstance(kept, Kept)
    assert kept.each == ("a", "b")
    assert store == StoreChanged(at=Nanos(0), ok=False, why="full")
    stand.host.stop()


async def test_the_market_s_queue_is_bounded_and_what_is_urgent_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MARKET_ROOM", 5)
    stand = Stand()
    assert [stand.host.emit(news(n)) for n in range(8)] == [True] * 5 + [False] * 3
    assert (stand.host.market.refused, stand.host.market.deepest) == (3, 5)
    for _ in range(20):
        stand.host.ask(HALT)
    assert stand.host.waiting == 25
    await stand.settle()
    assert len(stand.kernel.seen) == 25
    assert stand.host.emit(news(9))
    stand.host.stop()


async def test_a_long_queue_is_stepped_in_slices_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLICE_NS", 0)  # every event ends its slice
    stand = Stand()
    turns: list[int] = []
    for number in range(5):
        stand.host.emit(news(number))
    for _ in range(12):
        await asyncio.sleep(0)
        turns.append(len(stand.kernel.seen))
    assert turns[0] <= 1
    assert turns[-1] == 5
    assert all(later - one <= 1 for one, later in pairwise(turns))
    assert [e.at for e in stand.kernel.seen] == [0, 1, 2, 3, 4]
    stand.host.stop()


async def test_timers_come_back_as_due_in_the_order_of_their_time() -> None:
    stand = Stand()
    wakes = {1: [Wake(due=Nanos(300), what="c"), Wake(due=Nanos(100), what="a")], 2: [Wake(due=Nanos(100), what="b")]}
    stand.kernel.answer = lambda e: list(wakes.get(e.at, [])) if isinstance(e, LinkChanged) else []
    stand.host.emit(news(1))
    stand.host.emit(news(2))
    await stand.settle()
    stand.clock.at = Nanos(250)
    await stand.until(lambda: len(stand.kernel.seen) == 4)
    assert stand.kernel.seen[2:] == [Due(at=Nanos(250), what="a"), Due(at=Nanos(250), what="b")]
    stand.clock.at = Nanos(300)
    await stand.until(lambda: len(stand.kernel.seen) == 5)
    assert stand.kernel.seen[4] == Due(at=Nanos(300), what="c")
    stand.host.stop()


async def test_a_timer_that_is_past_already_comes_at_once_and_an_earlier_one_comes_first() -> None:
    stand = Stand()
    stand.clock.at = Nanos(50)
    stand.kernel.answer = lambda e: (
        [Wake(due=HOUR_LATER, what="late"), Wake(due=Nanos(10), what="past")] if isinstance(e, LinkChanged) else []
    )
    stand.host.emit(news(1))
    await stand.until(lambda: len(stand.kernel.seen) == 2)
    assert stand.kernel.seen[1] == Due(at=Nanos(50), what="past")
    stand.host.stop()


async def test_open_steps_before_anything_that_waits() -> None:
    stand = Stand()
    stand.host.emit(news(1))
    stand.host.open(news(0))
    await stand.settle()
    assert [e.at for e in stand.kernel.seen] == [0, 1]
    stand.host.stop()


async def test_listeners_hear_of_every_event_after_its_effects() -> None:
    stand = Stand()
    heard: list[tuple[int, int]] = []
    stand.kernel.answer = lambda event: [Changed(topic=topics.SPINE)]
    stand.host.listen(lambda event: heard.append((event.at, len(stand.changed))))
    for number in (1, 2):
        stand.host.emit(news(number))
    await stand.settle()
    assert heard == [(1, 1), (2, 2)]
    stand.host.stop()


def breaking(error: Exception, at: int = 2):
    def answer(event):
        if event.at == at:
            raise error
        return []

    return answer


@pytest.mark.parametrize("error", [InvariantBroken("a contradiction"), KeyError("market")])
async def test_a_kernel_that_fails_is_never_stepped_again_and_that_is_said_once(error: Exception) -> None:
    stand = Stand()
    stand.kernel.answer = breaking(error)
    for number in (1, 2, 3):
        stand.host.emit(news(number))
    await stand.settle()
    assert [e.at for e in stand.kernel.seen] == [1, 2]
    assert (stand.host.stopped, stand.host.waiting, len(stand.broken)) == (True, 0, 1)
    said = stand.broken[0]
    assert said is error if isinstance(error, InvariantBroken) else said.__cause__ is error
    assert [(row[0], row[4]) for row in stand.disk.rows][-1] == (2, b"")  # the event that did it is in the journal
    stand.host.ask(HALT)
    assert stand.host.emit(news(4)) is False
    await asyncio.sleep(0.01)
    assert len(stand.kernel.seen) == 2
    stand.host.stop()


async def test_an_effect_that_nobody_carries_out_is_a_contradiction() -> None:
    stand = Stand()
    place = Approved(order="o-1", place=None, gates=())  # type: ignore[arg-type]
    stand.kernel.answer = lambda event: [Submit(order=place)]
    stand.host.emit(news(1))
    await stand.settle()
    assert stand.host.stopped
    assert "no gateway is wired for Submit" in str(stand.broken[0])
    stand.host.stop()


async def test_an_order_is_written_before_the_rest_of_the_queue_is_stepped_and_before_idle_work() -> None:
    stand = Stand()
    done: list[str] = []
    order = Approved(order="o-1", place=None, gates=(), at=Nanos(0))  # type: ignore[arg-type]

    def answer(event: Event) -> list[AnyEffect]:
        done.append(f"step {event.at}")
        return [Submit(order=order)] if event.at in {2, 4} else []

    stand.kernel.answer = answer
    stand.host.serve(lambda _: asyncio.get_running_loop().call_soon(done.append, "written"))  # as a lane begins
    stand.host._spare = lambda: done.append("idle")
    stand.host.listen(lambda event: stand.host.learn(news(9)) if event.at == 4 else None)
    for number in (1, 2, 3, 4):
        stand.host.emit(news(number))
    await stand.until(lambda: "idle" in done)
    assert done == ["step 1", "step 2", "written", "step 3", "step 4", "written", "step 9", "idle"]
    stand.host.stop()


async def test_idle_work_leaves_the_interpreter_to_the_disk_while_rows_are_waited_for() -> None:
    stand = Stand()
    done: list[str] = []
    keeps = [Keep(rows=(), then="a"), Keep(rows=(), then=""), Keep(rows=(), then="b")]
    stand.kernel.answer = lambda event: list(keeps) if event.at == 1 else []
    stand.host._spare = lambda: done.append("idle")
    stand.host.emit(news(1))
    await stand.settle()
    stand.host.emit(news(2))
    await stand.settle()
    assert not done
    stand.host.kept(["a"])
    await stand.settle()
    assert not done
    stand.host.kept(["b"])
    await stand.until(lambda: bool(done))
    stand.host.stop()


async def test_stop_steps_what_waits_and_takes_nothing_more_in() -> None:
    stand = Stand()
    stand.kernel.answer = lambda e: [Wake(due=HOUR_LATER, what="x")] if isinstance(e, LinkChanged) else []
    for number in (1, 2, 3):
        stand.host.emit(news(number))
    stand.host.ask(HALT)
    stand.host.stop()
    assert kinds(stand) == ["Asked", "LinkChanged", "LinkChanged", "LinkChanged"]
    assert stand.host.waiting == 0
    assert stand.host.emit(news(4)) is False
    stand.host.ask(HALT)
    stand.host.kept(["x"])
    stand.clock.at = HOUR_LATER
    await asyncio.sleep(0.01)
    assert len(stand.kernel.seen) == 4
    stand.host.stop()


async def test_what_comes_from_another_thread_is_stepped_on_the_loop_s() -> None:
    stand = Stand()
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(lambda: loop.call_soon_threadsafe(stand.host.kept, ["safe"]))
    await stand.until(lambda: len(stand.kernel.seen) == 1)
    assert stand.kernel.seen == [Kept(at=Nanos(0), what="safe")]
    stand.host.stop()


async def test_what_cannot_be_journalled_is_not_taken_in() -> None:
    stand, told = Stand(), _told()
    stand.host.emit(LinkChanged(at=Nanos(1), venue=object(), up=True))  # type: ignore[arg-type]
    stand.host.emit(news(2))
    await stand.settle()
    assert [e.at for e in stand.kernel.seen] == [2]
    assert [context["message"] for context in told] == ["LinkChanged cannot be journalled and was not taken in"]
    assert not stand.host.stopped
    stand.host.stop()


async def test_a_book_whose_change_cannot_be_journalled_is_stale() -> None:
    """Its change was not taken in: what stands there is not the venue's book any more."""
    stand, told = Stand(), _told()
    book = InstrumentId(VenueId("kalshi"), "KXHIGHCHI-26JUL03-B88.5")
    late = Nanos(2**80)  # after the year 2262
    stand.host.emit(BookDelta(at=late, instrument=book, side=Side.BUY, price=Ticks(4_400), lots=Lots(7)))
    stand.host.emit(BookSnapshot(at=late, instrument=book, bids=(), asks=()))
    await stand.settle()
    assert {type(e) for e in stand.kernel.seen} == {BooksStale}
    assert {(e.venue, e.instruments) for e in stand.kernel.seen} == {("kalshi", (book,))}
    assert len(told) == 2
    stand.host.stop()


async def test_a_fault_of_the_screen_stops_nothing() -> None:
    stand, told = Stand(), _told()
    stand.kernel.answer = lambda event: [Changed(topic=topics.SPINE), Keep(rows=(), then="x")]

    def fail(_: object) -> None:
        msg = "no such panel"
        raise RuntimeError(msg)

    stand.host._changed = fail
    stand.host.listen(fail)
    stand.host.emit(news(1))
    stand.host.emit(news(2))
    await stand.settle()
    assert [e.at for e in stand.kernel.seen] == [1, 2]
    assert [then for _, then in stand.disk.keeps] == ["x", "x"]
    assert len(told) == 4
    stand.host.stop()


def _told() -> list[dict[str, Any]]:
    """Collect what the loop's exception handler is told, in place of the suite's own."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    return found
