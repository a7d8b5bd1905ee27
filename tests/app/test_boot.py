"""A session opens, breaks and opens again: without a window, on a loop of the test's own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app import boot, wiring
from engine.core.commands import Halt, Place, Tif
from engine.core.errors import ConfigError, StoreDamaged
from engine.core.events import Opened
from engine.core.ids import KALSHI, OrderId
from engine.core.order import Status
from engine.core.units import Qty, Side
from engine.store.profile import Lock, Profile

OPTIONS = boot.Options(demo=True, speed=1.0, keyring=False)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def session(folder: Path, act: Callable[[boot.Session], None] = lambda _: None) -> tuple[boot.Session, list[Any]]:
    """Open a profile, do something to it, close it; return it and what broke."""
    broken: list[Any] = []

    async def run() -> boot.Session:
        found = boot.open_session(
            Profile(folder), OPTIONS, asyncio.get_running_loop(), changed=lambda _: None, broken=broken.append
        )
        act(found)
        await settle()
        assert found.close()
        return found

    return asyncio.run(run()), broken


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\0" * 84])
def test_p5_a_journal_that_was_just_begun_or_cut_does_not_keep_the_program_from_starting(
    tmp_path: Path, content: bytes
) -> None:
    """It is made empty and then filled: a kill in between left a profile that could never be opened again."""
    session(tmp_path)
    (tmp_path / "journal" / "20991231T235959Z.db").write_bytes(content)
    opened, broken = session(tmp_path)
    assert not broken
    assert opened.kernel.state.now > 0


def test_p15_a_kernel_that_fails_is_halted_on_screen_and_after_a_restart(tmp_path: Path) -> None:
    """It takes nothing more in, so no command can set the halt: it is set for it."""

    def fail(found: boot.Session) -> None:
        found.host.emit(Opened(at=found.clock.now(), snapshot=boot.Snapshot(profile="", mode="demo", account_name="")))

    failed, broken = session(tmp_path, fail)
    assert len(broken) == 1
    assert failed.host.stopped
    assert failed.kernel.state.session.halted_by == "FAULT"
    again, _ = session(tmp_path)
    assert again.kernel.state.session.halted_by == "FAULT"
    assert "opened twice" in again.kernel.state.session.halted_why


def test_p5_a_ledger_that_the_kernel_cannot_read_is_refused_in_words(tmp_path: Path) -> None:
    """Without a window full of dashes, and with the profile let go."""
    session(tmp_path, lambda found: found.host.ask(Halt(why="noon")))
    ledger = tmp_path / "ledger-paper.db"
    row = ("t", "i", 1, "lmsr", "X/0", "buy", "YES", None, None, None, "NONE", "ticket", "", "filled", "0", None, "0",
           None, "", "demo", *[None] * 6)  # fmt: skip
    with closing(sqlite3.connect(ledger)) as connection, connection:
        connection.execute(f"INSERT INTO orders VALUES ({', '.join('?' * len(row))})", row)
    with pytest.raises(StoreDamaged, match="cannot be opened"):
        session(tmp_path)
    with Lock(tmp_path / "lock"):
        pass


def test_p31_a_day_that_fails_is_told_at_once(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context))
        found = boot.open_session(Profile(tmp_path), OPTIONS, loop, changed=lambda _: None, broken=lambda _: None)
        found.events = (1 // 0 for _ in "x")  # type: ignore[assignment]
        found.play(loop)
        await settle()
        found.close()

    asyncio.run(run())
    assert isinstance(told[0]["exception"], ZeroDivisionError)


def test_a_ledger_of_a_simulated_day_takes_no_desk(tmp_path: Path) -> None:
    """Tickers of a simulated day and real ones would be one and the same to a book."""
    session(tmp_path)
    options = boot.Options(demo=False, keyring=False)

    async def run() -> None:
        boot.open_session(
            Profile(tmp_path), options, asyncio.get_running_loop(), changed=lambda _: None, broken=lambda _: None
        )

    with pytest.raises(ConfigError, match="holds a simulated day; a paper desk needs another folder"):
        asyncio.run(run())
    opened, broken = session(tmp_path)  # and its lock is free again
    assert not broken
    assert opened.mode == "demo"


OPEN = boot.Options(demo=True, speed=600.0, keyring=False, wiring=wiring.simulated(0, 600.0))


async def _until(holds: Callable[[], Any]) -> Any:
    async with asyncio.timeout(20):
        while not (found := holds()):  # noqa: ASYNC110 - it depends on the day
            await asyncio.sleep(0.01)
    return found


def test_p15_what_works_at_a_venue_is_asked_back_when_the_kernel_fails(tmp_path: Path) -> None:
    """And it counts as at work until its venue has said that it is gone."""

    async def run() -> tuple[list[OrderId], OrderId]:
        loop = asyncio.get_running_loop()
        found = boot.open_session(Profile(tmp_path), OPEN, loop, changed=lambda _: None, broken=lambda _: None)
        found.play(loop)
        state = found.kernel.state
        instrument, listing = await _until(
            lambda: next((one for one in state.listings.items() if one[0].venue == KALSHI and one[1].book.best_bid), ())
        )
        bid = listing.book.best_bid
        place = Place(instrument=instrument, side=Side.BUY, price=bid, qty=Qty(Decimal(1)), tif=Tif.GTC, intent="one")
        found.host.ask(place)
        order = await _until(lambda: next((o for o in state.register.open() if o.status is Status.WORKING), None))
        found.host.learn(Opened(at=found.clock.now(), snapshot=boot.Snapshot(profile="", mode="", account_name="")))
        stranded = await _until(found.stranded)
        at_work = [one.id for one in stranded.orders()]
        await _until(lambda: not stranded.orders())
        await found.leave()
        return at_work, order.id

    at_work, order = asyncio.run(run())
    assert at_work == [order]
