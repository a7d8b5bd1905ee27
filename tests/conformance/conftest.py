"""What every conformance test has: the haste of `stage.hasten`, and a session on a stage to play a scenario on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from tests.conformance.session import Session, session
from tests.conformance.stage import STILL, hasten, staged
from tests.conformance.venues import Entry

Scenario = Callable[[Session, Entry], Awaitable[None]]
Case = Callable[[Session, Entry, Any], Awaitable[None]]
AT_ONCE = 5


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


@pytest.fixture
def play(tmp_path) -> Callable[..., None]:
    """Play a scenario with one venue: ``play(entry, scenario, **fields of the session)``."""

    def played(entry: Entry, scenario: Scenario, *, seed: int = 1, rate: float = STILL, **fields: Any) -> None:
        async def whole() -> None:
            day = staged((entry,), tmp_path, seed=seed, rate=rate)
            async with day as stage, session(stage, seed=seed, **fields) as here:
                await scenario(here, entry)

        asyncio.run(whole())

    return played


@pytest.fixture
def play_all(tmp_path) -> Callable[..., None]:
    """Play a scenario once for each of several cases, a few days side by side since most of each is waiting.

    ``play_all(entry, cases, scenario)``; the scenario takes its case third. Every case that fails is named.
    """

    def played(entry: Entry, cases: Iterable[object], scenario: Case, *, rate: float = STILL, **fields: Any) -> None:
        failed: list[str] = []

        async def one(room: asyncio.Semaphore, number: int, case: object) -> None:
            async with room:
                folder = tmp_path / str(number)
                folder.mkdir()
                seed = case if isinstance(case, int) else number  # a seed played alone has the same day
                day = staged((entry,), folder, seed=seed, rate=rate)
                try:
                    async with day as stage, session(stage, seed=seed, **fields) as here:
                        await scenario(here, entry, case)
                except Exception as e:  # noqa: BLE001 - told with its case, beside what else failed
                    failed.append(f"{case}: {e!r}")

        async def whole() -> None:
            room = asyncio.Semaphore(AT_ONCE)
            await asyncio.gather(*(one(room, number, case) for number, case in enumerate(cases)))

        asyncio.run(whole())
        assert not failed, failed

    return played
