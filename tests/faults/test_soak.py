"""Random use of the whole program: no error, nothing that grows, no order that the script did not ask for.

`make full-soak` uses it for an hour and keeps the figures; the suite does `SHORT` inputs of the same kind.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, QtMsgType
from PySide6.QtWidgets import QApplication
from pytestqt import logging as qt_logging

from engine.core.commands import Place
from engine.core.ids import EMBEDDED, InstrumentId
from engine.core.units import Qty, Side
from engine.kernel import leaving
from engine.kernel.rfq.hedge_orders import ORIGIN
from tests.app.program import Program, program
from tests.faults.actor import Actor
from tests.faults.asked import Ledger
from tests.scale import FULL, SHARE

SEED = int(os.environ.get("ATMX_SEED") or 6)
SECONDS = 3_600.0 * SHARE if FULL else 0.0
SHORT = 80
ROUND = 400 if FULL else 40
"""Inputs between two looks at what lives."""
WARM = 4 if FULL else 1
"""Rounds of the warm-up: what is made at its first use, such as a dock's words of help, is no leak."""
HOUR = FULL and SHARE >= 1.0
"""The whole of it: pieces may still make things at their first use in their second half."""
WIDGETS, OBJECTS, TIMERS, TASKS = 40 if HOUR else 100, 0.03 if HOUR else 0.05, 15, 4
"""What may live more at the end than in the middle: widgets, a share of all objects, and so on.

Rare things are made at their first use and kept: a step, and no growth. The most of them, the ladders side by side in
boards, are made beforehand.
"""
GROWTH_MB = 50.0 if HOUR else 150.0
SPEED = 20
OPTIONS = ("--demo", "--speed", str(SPEED), "--seed", "7")


class Alive(NamedTuple):
    """What lives while nothing is open."""

    minute: float
    inputs: int
    widgets: int
    objects: int
    timers: int
    tasks: int
    threads: int
    mb: float

    @classmethod
    def now(cls, inputs: int, minute: float = 0.0) -> Alive:
        """Count, after everything that is let go has gone."""
        for _ in range(2):
            gc.collect()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        found = living()
        timers = [one for one in found if isinstance(one, QTimer) and one.isActive()]
        tasks = [task for task in asyncio.all_tasks() if not task.done()]
        return cls(
            minute, inputs, len(QApplication.allWidgets()), len(found), len(timers), len(tasks),
            threading.active_count(), resident_mb(),
        )  # fmt: skip


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096 / 1e6


def living() -> list[QObject]:
    """Return every object of Qt's below the application and its windows, and those that Python alone holds."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    found = {
        id(one): one for top in (app, *QApplication.topLevelWidgets()) for one in (top, *top.findChildren(QObject))
    }
    ours = (one for one in gc.get_objects() if issubclass(type(one), QObject) and shiboken6.isValid(one))
    return list((found | {id(one): one for one in ours}).values())


def kinds() -> Counter[str]:
    """Count what lives by class: what is Qt's, and what Python's collector knows."""
    found = Counter(f"Qt {type(one).__name__}" for one in living())
    ours = (type(one) for one in gc.get_objects() if not issubclass(type(one), QObject))
    found.update(f"{kind.__module__}.{kind.__qualname__}" for kind in ours)  # three modules have a Contract
    return found


async def use(desk: Program, actor: Actor, broken: list[Any], listen: Callable[[], None]) -> list[Alive]:
    """Use the program round by round, and see after each that nothing failed; return what lived."""
    loop = asyncio.get_running_loop()
    actor.open_each()
    await actor.show_ladders()
    await actor.rest()
    began, done, looks = loop.time(), 0, [Alive.now(0)]
    since: dict[str, Counter[str]] = {}
    while done < SHORT or len(looks) <= WARM + 1 or loop.time() < began + SECONDS:
        for _ in range(ROUND):
            await actor.act()
        done += ROUND
        await actor.rest()
        listen()
        looks.append(Alive.now(done, (loop.time() - began) / 60.0))
        sound(desk, actor, broken)
        if len(looks) == WARM + 1:
            since["the warm-up"] = kinds()
        if len(looks) > WARM + 1 and "the middle" not in since and loop.time() > began + SECONDS / 2:
            since["the middle"] = kinds()
    tell(since)
    return looks


def tell(since: dict[str, Counter[str]]) -> None:
    """Say what lives more than it did at some moments."""
    now = kinds()
    for when, before in since.items():
        grown = now - before
        for of_qt, what in ((True, "objects of Qt's"), (False, "objects of Python's")):
            some = Counter({name: n for name, n in grown.items() if name.startswith("Qt ") is of_qt}).most_common(16)
            print(f"grown since {when}, {what}:", ", ".join(f"{name} {n}" for name, n in some) or "nothing")


def sound(desk: Program, actor: Actor, broken: list[Any]) -> None:
    """See that nothing failed so far, and that no order came from nowhere."""
    said = "\n".join(actor.last)
    assert broken == [], said
    assert desk.terminal.crashes == 0
    assert desk.terminal.session is not None
    assert not desk.terminal.session.host.stopped
    assert len(actor.ledger.taken) <= len(actor.ledger.asked), "somebody asked past the bridge"
    errors = [line for line in desk.terminal._logs.recent() if line.level >= logging.WARNING]
    assert errors == [], said
    assert actor.ledger.unasked() == [], said
    assert without_origin(desk, actor) == []


def hear(messages: Any, heard: Counter[str], level: str) -> None:
    """See that no message of Qt's is an error, then let them go: the capture would keep those of the whole hour.

    What fails here is what it would fail on at the end; it is left there, to be told with the failure.
    """
    found = messages.records
    wrong = [one.message for one in found if one.matches_level(level) and not one.ignored]
    models = [one for one in found if one.context is not None and one.context.category == "qt.modeltest"]
    wrong += [one.message for one in models if one.matches_level("WARNING")]
    assert wrong == []
    heard.update(one.type_name for one in found)
    messages._records.clear()


def each_minutes(looks: list[Alive], minutes: float) -> list[Alive]:
    """Return the first look, the first after each so many minutes, and the last."""
    found = [looks[0]]
    for look in looks[1:]:
        if look.minute // minutes > found[-1].minute // minutes or look is looks[-1]:
            found.append(look)
    return found


def report(actor: Actor, desk: Program, looks: list[Alive]) -> str:
    """Return what was done and what lived, for docs/results."""
    asked = Counter(type(command).__name__ for command, _ in actor.ledger.asked)
    some = each_minutes(looks, 10.0 if looks[-1].minute > 30.0 else 1.0)
    lines = [
        f"seed {SEED}: {sum(actor.ledger.inputs.values())} inputs in {len(looks) - 1} rounds: "
        + ", ".join(f"{kind} {n}" for kind, n in actor.ledger.inputs.most_common()),
        "asked of the engine: " + ", ".join(f"{kind} {n}" for kind, n in asked.most_common()),
        f"orders in the register: {len(desk.orders())}, {desk.state.events} events",
        "  ".join(f"{name:>8}" for name in Alive._fields),
        *("  ".join(f"{value:>8.0f}" for value in look) for look in some),
    ]
    return "\n".join(lines)


def without_origin(desk: Program, actor: Actor) -> list[Any]:
    """Return the orders of the register that no command of the script's stands for: by their key, or a flatten.

    On a venue a flatten takes working orders back first, and sells for as long after it as it waits for their ends. A
    trade on a quote is hedged for the desk that quoted, as a strategy's orders are the strategy's.
    """
    keys = {command.intent for _, command in actor.ledger.taken if getattr(command, "intent", "")}
    flattened = [at for at, command in actor.ledger.taken if type(command).__name__ == "Flatten"]
    waits, bound = SPEED * leaving.PATIENCE, {*desk.state.rfq.trades, *desk.state.rfq.done}
    return [
        order
        for order in desk.orders()
        if order.place.strategy is None
        and order.place.intent not in keys
        and not (order.place.origin == ORIGIN and order.place.intent.rsplit("#", 2)[0] in bound)
        and not (order.place.origin == "flatten" and any(at <= order.sent_at <= at + waits for at in flattened))
    ]


@pytest.mark.qt_log_ignore("This plugin does not support grabbing the keyboard", extend=True)  # offscreen
@pytest.mark.limit(SECONDS * 1.2 + 120.0)
async def test_random_use_ends_with_no_error_no_leak_and_no_order_nobody_asked_for(
    tmp_path, monkeypatch, request
) -> None:
    monkeypatch.chdir(tmp_path)  # a layout is exported there
    broken: list[Any] = []
    heard: Counter[str] = Counter()
    level = request.config.getini("qt_log_level_fail")
    asyncio.get_running_loop().set_exception_handler(lambda _, what: broken.append(what))
    async with program(tmp_path, *OPTIONS) as desk:
        await desk.ready()
        actor = Actor(desk, SEED)
        try:
            looks = await use(desk, actor, broken, lambda: hear(request.node.qt_log_capture, heard, level))
        except BaseException:
            print(f"seed {SEED}, the last inputs:", *actor.last, sep="\n  ")
            raise
        print(report(actor, desk, looks))
        print("messages of Qt's:", ", ".join(f"{kind} {n}" for kind, n in heard.items()) or "none")
        assert actor.ledger.orders(), "the script never traded"
        warm, last = looks[max(WARM, len(looks) // 2)], looks[-1]
        assert last.widgets - warm.widgets <= WIDGETS
        assert last.objects - warm.objects <= OBJECTS * warm.objects
        assert last.timers - warm.timers <= TIMERS
        assert last.tasks - warm.tasks <= TASKS
        assert last.mb - warm.mb < GROWTH_MB


def test_only_the_legs_of_a_basket_that_was_asked_for_may_come_of_an_answer() -> None:
    ledger = Ledger(Deaf())

    def place(intent: str) -> Place:
        return Place(instrument=InstrumentId(EMBEDDED, "RAIN/0"), side=Side.BUY, qty=Qty(Decimal(1)), intent=intent)

    with ledger.doing("key", "Return in BasketTicket", may_trade=True):
        ledger._ask(place("basket:s1:RAIN:0"))
    ledger._ask(place("basket:s1:RAIN:1"))
    assert ledger.unasked() == []
    wrong = [place("basket:s2:RAIN:0"), place("RAIN/0:B:s1"), place("")]
    for one in wrong:
        ledger._ask(one)
    with ledger.doing("pointer", "over board"):
        ledger._ask(place("basket:s1:RAIN:2"))
    assert [one.intent for one, _ in ledger.unasked()] == [*(one.intent for one in wrong), "basket:s1:RAIN:2"]


class Deaf:
    """Takes commands and does nothing."""

    def ask(self, command: Place) -> None:
        pass

    def listen(self, told: Callable[[Any], None]) -> None:
        pass


def capture(*messages: str) -> Any:
    """Return a capture as the tests' own is, which was told some warnings."""
    found = qt_logging._QtMessageCapture(["keyboard"])
    for one in messages:
        found._append_new_record(QtMsgType.QtWarningMsg, one, None)
    return found


def test_messages_that_may_be_ignored_are_counted_and_let_go() -> None:
    heard: Counter[str] = Counter()
    messages = capture("no keyboard here", "no keyboard there")
    hear(messages, heard, "WARNING")
    assert messages.records == []
    assert heard == {"QtWarningMsg": 2}


def test_a_message_that_is_an_error_fails_at_once_and_stays_to_be_told() -> None:
    messages = capture("no keyboard here", "QPainter not active")
    with pytest.raises(AssertionError, match="QPainter"):
        hear(messages, Counter(), "WARNING")
    assert len(messages.records) == 2
