"""The loop's promises: order, few timers, no starvation, no task inside a task, a clean end."""

from __future__ import annotations

import asyncio
import contextvars
import os
import selectors
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.loop import AtmxLoop, run, wind_up

ROOT = Path(__file__).resolve().parents[2]


async def test_ten_thousand_cancelled_timers_leave_fifty_at_most(loop):
    before = loop.timers()
    for _ in range(10_000):
        loop.call_later(3600, print).cancel()
    assert loop.timers() - before <= 50


async def test_timeouts_that_did_not_strike_leave_no_timers(loop):
    for _ in range(1_000):
        async with asyncio.timeout(60):
            await asyncio.sleep(0)
    assert loop.timers() <= 50


async def test_the_heap_keeps_the_living_among_the_cancelled(loop):
    ran = []
    kept = [loop.call_later(0.001 * n, ran.append, n) for n in range(20)]
    for _ in range(1_000):
        loop.call_later(0.005, ran.append, "cancelled").cancel()
    await asyncio.sleep(0.04)
    assert ran == list(range(20))
    assert all(handle.when() <= loop.time() for handle in kept)


async def test_callbacks_run_in_the_order_they_were_asked_for(loop):
    ran, done = [], asyncio.Event()
    for n in range(5_000):
        loop.call_soon(ran.append, n)
    loop.call_soon(done.set)
    await done.wait()
    assert ran == list(range(5_000))


async def test_timers_of_one_time_run_in_the_order_they_were_asked_for(loop):
    ran, done, when = [], asyncio.Event(), loop.time() + 0.005
    for n in range(100):
        loop.call_at(when, ran.append, n)
    loop.call_at(when, done.set)
    await done.wait()
    assert ran == list(range(100))


async def test_a_timer_never_fires_early(loop):
    for delay in (0.0005, 0.0025, 0.01):
        began = loop.time()
        await asyncio.sleep(delay)
        assert loop.time() - began >= delay


async def test_a_cancelled_callback_does_not_run(loop):
    ran = []
    loop.call_soon(ran.append, 1).cancel()
    loop.call_later(0, ran.append, 2).cancel()
    await asyncio.sleep(0.005)
    assert ran == []


async def test_a_flood_of_callbacks_does_not_starve_qt(loop):
    seen, done = [], asyncio.Event()

    def painted() -> None:
        seen.append(len(seen))
        if len(seen) == 5:
            done.set()

    def again() -> None:
        if not done.is_set():
            loop.call_soon(again)

    timer = QTimer()
    timer.timeout.connect(painted)
    timer.start(1)
    for _ in range(10):
        again()
    await done.wait()
    timer.stop()


async def test_other_threads_wake_the_loop_and_keep_their_context(loop):
    name = contextvars.ContextVar("name", default="none")
    woken = asyncio.Event()
    ran: list[tuple[int, str]] = []

    def call(n: int) -> None:
        ran.append((n, name.get()))
        if len(ran) == 500:
            woken.set()

    def work() -> None:
        name.set("worker")
        handles = [loop.call_soon_threadsafe(call, n) for n in range(500)]
        assert all(isinstance(handle, asyncio.Handle) for handle in handles)

    thread = threading.Thread(target=work)
    thread.start()
    await woken.wait()
    thread.join()
    assert ran == [(n, "worker") for n in range(500)]


async def test_bytes_come_back_over_a_socket(loop):
    over = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        over.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    for size in (1, 1_000, 300_000):
        writer.write(b"x" * size)
        assert await reader.readexactly(size) == b"x" * size
    writer.close()
    await writer.wait_closed()
    await over.wait()
    server.close()
    await server.wait_closed()


@pytest.mark.skipif(sys.platform == "win32", reason="there a port of the system's brings events, not descriptors")
async def test_what_a_socket_brought_is_done_with_before_qt_has_its_turn(loop):
    """What the callbacks of data asked for in turn is run within the same call from Qt."""
    ran, done = [], asyncio.Event()

    def read() -> None:
        ran.append("frame")
        loop.call_soon(lambda: loop.call_soon(ran.append, "order"))

    def readable() -> None:
        handles = (asyncio.Handle(read, (), loop), None)
        loop._process_event(selectors.SelectorKey(0, 0, selectors.EVENT_READ, handles), selectors.EVENT_READ)
        ran.append("Qt")
        done.set()

    QTimer.singleShot(0, readable)
    await done.wait()
    assert ran == ["frame", "order", "Qt"]


@pytest.mark.skipif(sys.platform == "win32", reason="there a port of the system's brings events, not descriptors")
async def test_sockets_that_all_bring_more_than_can_be_done_share_one_stretch_before_qt_has_its_turn(loop):
    ran, counts, done = [], [], asyncio.Event()

    def work() -> None:
        ran.append(1)
        if not done.is_set():
            loop.call_soon(work)

    def readable() -> None:
        handles = (asyncio.Handle(loop.call_soon, (work,), loop), None)
        for _ in range(3):
            before = len(ran)
            loop._process_event(selectors.SelectorKey(0, 0, selectors.EVENT_READ, handles), selectors.EVENT_READ)
            counts.append(len(ran) - before)
        done.set()

    QTimer.singleShot(0, readable)
    await done.wait()
    assert counts[0] > 0
    assert counts[1:] == [0, 0]


async def test_work_in_a_thread_comes_back_with_its_result_or_its_error(loop):
    assert await loop.run_in_executor(None, sum, range(10)) == 45
    assert await asyncio.to_thread(threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        await asyncio.to_thread(lambda: 1 // 0)


async def test_a_child_process_can_be_awaited(loop):
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "print(6 * 7)", stdout=subprocess.PIPE)
    out, _ = await child.communicate()
    assert out.strip() == b"42"
    assert child.returncode == 0


def test_an_error_in_a_task_or_a_callback_reaches_the_handler(loop):
    seen: list[BaseException] = []
    loop.set_exception_handler(lambda _, context: seen.append(context["exception"]))

    async def fail() -> None:
        raise LookupError("task")

    async def main() -> None:
        loop.spawn(fail(), name="doomed")
        loop.call_soon(lambda: [][1])
        await asyncio.sleep(0.005)

    loop.run_until_complete(main())
    assert {type(error) for error in seen} == {LookupError, IndexError}


async def test_a_nested_qt_loop_pauses_tasks_and_never_enters_one(loop):
    steps: list[str] = []

    async def ticker() -> None:
        for n in range(20):
            steps.append(f"tick {n}")
            await asyncio.sleep(0.001)

    async def asks_the_forbidden() -> None:
        nested = QEventLoop()
        QTimer.singleShot(30, nested.quit)
        steps.append("in")
        nested.exec()
        steps.append("out")

    tick = asyncio.create_task(ticker())
    await asyncio.sleep(0.003)
    await asks_the_forbidden()
    entered = steps.index("in")
    assert steps[entered + 1] == "out"
    await tick
    assert steps[-1] == "tick 19"


async def test_the_lag_counts_what_waited(loop):
    await asyncio.sleep(0)
    lag = loop.lag()
    assert lag is not None
    assert 0 <= lag.p50_ms <= lag.p99_ms <= lag.worst_ms
    assert lag.samples > 0


def test_no_lag_is_known_before_anything_ran(loop):
    assert loop.lag() is None


def test_leaving_inside_a_callback_leaves_the_loop(loop):
    loop.call_soon(sys.exit, 7)
    with pytest.raises(SystemExit) as left:
        loop.run_forever()
    assert left.value.code == 7


def test_winding_up_runs_every_finally(loop):
    ended: list[str] = []

    async def lives() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.001)
            ended.append("task")

    async def main() -> None:
        loop.spawn(lives(), name="lives")
        await asyncio.sleep(0)

    loop.run_until_complete(main())
    wind_up(loop)
    assert ended == ["task"]
    assert not asyncio.all_tasks(loop)


def test_run_returns_the_exit_code_and_awaits_what_was_left(qapp):
    ended: list[str] = []

    async def left_behind() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("left")

    async def main() -> int:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, AtmxLoop)
        loop.spawn(left_behind(), name="left")
        await asyncio.sleep(0)
        return 3

    assert run(main) == 3
    assert ended == ["left"]


def test_run_tells_of_errors_in_slots_threads_and_tasks_and_restores_the_hooks(qapp):
    told: list[tuple[type[BaseException], str]] = []
    before = sys.excepthook, threading.excepthook

    async def fail() -> None:
        raise LookupError

    async def main() -> int:
        fired = asyncio.Event()
        QTimer.singleShot(5, fired.set)
        QTimer.singleShot(0, lambda: [][1])
        thread = threading.Thread(target=lambda: 1 // 0, name="worker")
        thread.start()
        asyncio.get_running_loop().spawn(fail(), name="doomed")
        await fired.wait()
        thread.join()
        return 0

    assert run(main, report=lambda error, where: told.append((type(error), where))) == 0
    assert sorted((kind.__name__, where) for kind, where in told) == [
        ("IndexError", "slot"),
        ("LookupError", "Task doomed failed"),
        ("ZeroDivisionError", "thread worker"),
    ]
    assert (sys.excepthook, threading.excepthook) == before


def test_qt_being_asked_to_quit_cancels_main_and_waits_for_it(qapp):
    ended: list[str] = []

    async def main() -> int:
        try:
            QApplication.quit()
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.001)
            ended.append("main")
        return 1

    assert run(main) == 0
    assert ended == ["main"]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_program_cleanly(number):
    program = (
        "import asyncio\n"
        "from app.loop import run\n"
        "async def main():\n"
        "    try:\n"
        "        print('ready', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "    finally:\n"
        "        print('ended', flush=True)\n"
        "    return 5\n"
        "raise SystemExit(run(main))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(number)
        out, _ = child.communicate(timeout=30)
    assert out == "ended\n"
    assert child.returncode == 0
