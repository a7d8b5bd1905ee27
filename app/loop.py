"""The qasync loop: start, stop, exception hooks, ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.crash import Report, hooked
from app.qtloop import AtmxLoop, Lag
from app.turns import switching

__all__ = ["AtmxLoop", "Lag", "Report", "run", "wind_up"]

WINDOWS_TICK_MS = 200
"""How often Python gets a turn to see ctrl-C on Windows, where no descriptor wakes the loop."""

log = logging.getLogger(__name__)


def run(main: Callable[[], Coroutine[Any, Any, int]], report: Report | None = None) -> int:
    """Run `main` to its end on a fresh loop and leave nothing behind.

    A SIGINT or SIGTERM, or Qt being asked to quit, cancels `main`; whatever it does
    in its `finally` blocks is waited for, and then every other task is cancelled and
    waited for. Leaving so is no failure: the result is 0.

    Parameters
    ----------
    main : () -> coroutine of int
        Made once the loop exists; its result is the exit code.
    report : (exception, where) -> None, optional
        Told of exceptions nobody caught: in slots, threads and tasks. Logged when absent.

    Returns
    -------
    int, exit code
    """
    app = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(app, QApplication):
        raise TypeError(f"the loop needs a QApplication, was {type(app).__name__}")
    app.setQuitOnLastWindowClosed(False)  # closing a window must not stop the loop under its tasks
    told = report if report is not None else _log_exception
    loop = AtmxLoop(app)
    asyncio.set_event_loop(loop)
    with switching():
        try:
            with hooked(told, loop):
                task = loop.create_task(main(), name="main")
                with _leaving_on_signals(loop, task):
                    return _complete(loop, task)
        finally:
            try:
                wind_up(loop)
            finally:
                asyncio.set_event_loop(None)
                loop.close()


def wind_up(loop: AtmxLoop) -> None:
    """Cancel every task, wait for their `finally` blocks, and close asynchronous generators."""
    if loop.is_closed():
        return
    tasks = [task for task in asyncio.all_tasks(loop) if not task.done()]
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())


def _complete(loop: AtmxLoop, task: asyncio.Task[int]) -> int:
    task.add_done_callback(lambda _: loop.stop())
    loop.run_forever()
    while not task.done():  # Qt was asked to quit, by the session manager or the dock's menu
        task.cancel()
        loop.run_forever()
    return 0 if task.cancelled() else task.result()


@contextmanager
def _leaving_on_signals(loop: AtmxLoop, task: asyncio.Task[int]) -> Iterator[None]:
    wanted = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread only
        return
    if os.name == "posix":
        for number in wanted:
            loop.add_signal_handler(number, task.cancel)
        try:
            yield
        finally:
            for number in wanted:
                loop.remove_signal_handler(number)
        return
    before = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(task.cancel)) for number in wanted}
    tick = QTimer()
    tick.timeout.connect(lambda: None)
    tick.start(WINDOWS_TICK_MS)
    try:
        yield
    finally:
        tick.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def _log_exception(error: BaseException, where: str) -> None:
    log.error("Nobody caught %r (%s)", error, where, exc_info=error)
