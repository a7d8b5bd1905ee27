"""What every test has: Qt offscreen, our fonts, one loop a test, and nothing left running afterwards.

An `async def` test runs on the `loop` fixture, an `AtmxLoop` of its own. A test fails when it leaves a task, a
thread or a running `QTimer`, when a task's error was never looked at, and when Qt or Python warned.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import inspect
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyside6"
os.environ["PYTEST_QT_API"] = "pyside6"
os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")  # never the developer's own keys

import eth_account  # noqa: F401  here, so that what it does to the recursion limit is undone below
import pytest
import shiboken6
from _pytest.faulthandler import fault_handler_stderr_fd_key
from hypothesis import HealthCheck, settings
from PySide6.QtCore import QTimer
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

import resources
from app.loop import AtmxLoop
from tests.scale import scale
from widgets import unseen

sys.setrecursionlimit(1_000)  # Python's own: under the 100,000 of eth_account's py_ecc deep JSON overflows the stack

LIMIT = 10.0
"""Seconds an async test may take; `@pytest.mark.limit(seconds)` says otherwise."""
GRACE = 2.0
"""Seconds a thread that was told to end may take."""

# no deadline: a busy machine is no broken law; on CI the same examples every time
_SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", **_SLOW)
settings.register_profile("ci", derandomize=True, database=None, **_SLOW)
settings.register_profile("full", max_examples=scale(1_000), **_SLOW)
settings.load_profile("full" if os.environ.get("ATMX_FULL") else "ci" if os.environ.get("CI") else "dev")

_WAITS = {"app", "conformance", "widgets"}
"""Folders of tests that wait for windows and sockets: on a busy machine one that ran out of time, and only one that
did, runs once more; pytest's closing lines name it."""
_LATE = ["this never came", "TimeoutError", "timed out"]

_FIRST = [
    "app/test_shots.py", "engine/research/fast/test_fast_fills.py", "faults/test_strategy_day.py",
    "app/test_weather_session.py", "faults/test_diskfull.py", "app/commands/test_record.py",
    "app/test_gallery.py", "conformance/test_lost_answers.py", "conformance/test_markets.py", "faults/test_soak.py",
    "app/test_untruncated.py", "app/test_depth.py", "engine/kernel/rfq/test_faults.py", "engine/research/test_sweep.py",
]  # fmt: skip
"""Files of a quarter of a minute: begun first, so that no core stands idle while the other ends with one of them."""

_OUTCOME = pytest.StashKey[pytest.CallInfo[None]]()
_FORBIDDEN = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}


class _Sockets:
    """Sees every socket the process touches; an audit hook cannot be removed, so it is switched."""

    def __init__(self) -> None:
        self.forbidden = False
        self.seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self.forbidden and event in _FORBIDDEN:
            self.seen.append(f"{event} {args[1:]}")
            raise PermissionError(f"this test allows no sockets: {event} {args[1:]}")


_sockets = _Sockets()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "limit(seconds): how long an async test may take")
    config.option.loadscopereorder = False  # xdist keeps the order of the files instead of its own


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    place = {f"tests/{file}": number for number, file in enumerate(_FIRST)}
    items.sort(key=lambda item: place.get(item.nodeid.split("::")[0], len(place)))
    full = pytest.mark.skip(reason="runs under make full (ATMX_FULL=1)")
    for item in items:
        if inspect.iscoroutinefunction(getattr(item, "obj", None)) and "loop" not in item.fixturenames:
            item.fixturenames.insert(0, "loop")  # before fixtures that ask for the running loop
        if item.get_closest_marker("full") and not os.environ.get("ATMX_FULL"):
            item.add_marker(full)
        if _WAITS & set(item.nodeid.split("/")):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=_LATE))


def pytest_collection_finish() -> None:
    """Keep what is loaded by now out of every later look at the heap: tests of widgets take a quarter of the time."""
    _put_aside()


def _put_aside() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def _old_heap() -> None:
    """Keep what earlier modules left out of it too: by the end of the suite that is most of the heap."""
    _put_aside()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    loop = pyfuncitem._request.getfixturevalue("loop")
    wanted = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    marker = pyfuncitem.get_closest_marker("limit")
    limit = marker.args[0] if marker else LIMIT
    loop.run_until_complete(asyncio.wait_for(pyfuncitem.obj(**wanted), limit))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if call.when == "call":
        item.stash[_OUTCOME] = call
    return report


def _failed(request: pytest.FixtureRequest) -> bool:
    outcome = request.node.stash.get(_OUTCOME, None)
    return outcome is None or outcome.excinfo is not None


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["atmx-tests"]


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """The one application, in the program's own fonts and style."""
    qapp.setQuitOnLastWindowClosed(False)  # closing a window must not stop the loop
    qapp.setStyle("Fusion")
    for file in sorted(resources.path("fonts").glob("*.ttf")):
        assert QFontDatabase.addApplicationFont(str(file)) >= 0, file
    return qapp


@pytest.fixture
def loop(qapp: QApplication, _nothing_left: None, request: pytest.FixtureRequest) -> Iterator[AtmxLoop]:
    """A fresh loop; its unfinished tasks and unseen errors fail the test."""
    loop = AtmxLoop(qapp)
    errors: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: errors.append(context))
    asyncio.set_event_loop(loop)
    yield loop
    left = [task for task in asyncio.all_tasks(loop) if not task.done()]
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    gc.collect()  # "Task exception was never retrieved" is said now, not in another test
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    asyncio.set_event_loop(None)
    if not _failed(request):
        assert not errors, f"errors nobody looked at: {errors}"
        assert not left, f"tasks left running: {left}"


@pytest.fixture
def no_sockets() -> Iterator[None]:
    """Forbid every connect, bind, send to an address and name look-up; a swallowed attempt fails too."""
    _sockets.seen.clear()
    _sockets.forbidden = True
    yield
    _sockets.forbidden = False
    assert not _sockets.seen, f"sockets were tried: {_sockets.seen}"


async def _signalled(signal: Any, seconds: float = 2.0) -> tuple[Any, ...]:
    future: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()

    def arrived(*args: Any) -> None:
        if not future.done():
            future.set_result(args)

    signal.connect(arrived)
    try:
        return await asyncio.wait_for(future, seconds)
    finally:
        signal.disconnect(arrived)


@pytest.fixture
def signalled() -> Callable[..., Awaitable[tuple[Any, ...]]]:
    """Await a Qt signal: ``await signalled(button.clicked)``. qtbot.waitSignal would nest a loop: not in coroutines."""
    return _signalled


def _running_timers() -> list[QTimer]:
    found = [o for o in gc.get_objects() if issubclass(type(o), QTimer)]
    active = [timer for timer in found if shiboken6.isValid(timer) and timer.isActive()]
    # a hidden widget of a window that several tests share lets its pictures go, once, and is no leak
    return [timer for timer in active if not (timer.isSingleShot() and timer.interval() == unseen.UNSEEN_MS)]


@pytest.fixture(autouse=True)
def _nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, or, if it used Qt, a running timer."""
    uses_qt = bool({"qtbot", "qapp", "loop"} & set(request.fixturenames))
    threads = set(threading.enumerate())
    timers = {id(timer) for timer in _running_timers()} if uses_qt else set()
    yield
    if _failed(request):
        return
    if uses_qt and any(id(timer) not in timers for timer in _running_timers()):
        gc.collect()  # those that only a cycle keeps are nobody's
        if app := QApplication.instance():
            app.sendPostedEvents(None, 52)  # DeferredDelete
        left = [timer for timer in _running_timers() if id(timer) not in timers]
        assert not left, f"timers left running: {[(t, t.interval(), t.parent()) for t in left]}"
    end = time.monotonic() + GRACE
    started = [thread for thread in threading.enumerate() if thread not in threads]
    for thread in started:
        thread.join(max(0.0, end - time.monotonic()))
    left_threads = [thread.name for thread in started if thread.is_alive()]
    assert not left_threads, f"threads left running: {left_threads}"


@pytest.fixture(autouse=True)
def _stacks(request: pytest.FixtureRequest) -> None:
    """Let a crash of the process say where: tests of our own crash handler leave stderr as they found it, captured."""
    known = request.config.stash.get(fault_handler_stderr_fd_key, None)
    if known is not None:
        faulthandler.enable(known)
