"""What every conformance test has: the haste of `stage.hasten`, and a session on a stage to play a scenario on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.conformance.session import Session, session
from tests.conformance.stage import hasten, staged
from tests.conformance.venues import Entry

Scenario = Callable[[Session, Entry], Awaitable[None]]


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


@pytest.fixture
def play(tmp_path) -> Callable[..., None]:
    """Play a scenario with one venue: ``play(entry, scenario, **fields of the session)``."""

    def played(entry: Entry, scenario: Scenario, *, seed: int = 1, rate: float | None = None, **fields: Any) -> None:
        async def whole() -> None:
            day = {"seed": seed} | ({} if rate is None else {"rate": rate})
            async with staged((entry,), tmp_path, **day) as stage, session(stage, seed=seed, **fields) as here:
                await scenario(here, entry)

        asyncio.run(whole())

    return played
