"""The OpenAPI document, tried by a tool that makes up requests from it and holds the answers against it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from app import boot
from app.local.guard import Scope
from app.local.server import Local
from engine.core.commands import Role, TakeRole
from engine.store.profile import Profile
from tests.scale import scale

EXAMPLES = scale(60)


class Outside:
    """A demo session and its server on a thread of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.local: Local | None = None
        self.session: boot.Session | None = None
        self.began = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    async def _run(self) -> None:
        self.loop, self.end = asyncio.get_running_loop(), asyncio.Event()
        options = boot.Options(demo=True, speed=1.0, keyring=False)
        session = boot.open_session(
            Profile(self.folder), options, self.loop, changed=lambda _: None, broken=lambda _: None
        )
        session.play(self.loop)
        session.host.ask(TakeRole(role=Role.OPERATOR))
        self.session, self.local = session, Local(session, (Scope.ORDER, Scope.OPERATE))
        await self.local.start()
        await asyncio.to_thread(int)  # the loop's own thread, which ends with it, and not with the first order
        self.began.set()
        await self.end.wait()
        await self.local.stop()
        await session.leave()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.end.set)
        self.thread.join(20.0)


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    made = Outside(tmp_path_factory.mktemp("api"))
    made.thread.start()
    assert made.began.wait(20.0)
    yield made
    made.stop()


def test_every_documented_address_answers_as_documented(outside: Outside) -> None:
    """No failure over every address: statuses, bodies, types, refusals of what is not as it should be."""
    local = outside.local
    assert local is not None
    token = {"Authorization": f"Bearer {local.tokens.read}"}
    document = httpx.get(f"{local.address}/v1/openapi.json", headers=token).json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=local.address)
    tried = []
    for found in schema.get_all_operations():
        operation = found.ok()
        scope = operation.definition.raw["tags"][0]
        head = {"Authorization": f"Bearer {getattr(local.tokens, scope)}"}
        tried.append(operation.label)

        _try(operation.as_strategy(), head)
    assert len(tried) == sum(len(methods) for methods in document["paths"].values()) >= 15
    assert outside.session is not None
    assert not outside.session.host.stopped


def _try(cases: Any, head: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=cases)
    def one(case: Any) -> None:
        case.call_and_validate(headers=head)

    one()
