"""The read-only test of an account: it shows what the venue has, places nothing, and says when keys are not taken."""

from __future__ import annotations

import asyncio

from app import accounts
from engine.core.ids import DERIBIT, DERIVE
from tests.conformance.stage import staged
from tests.conformance.venues import each


@each(always=(DERIBIT, DERIVE))
def test_an_account_is_read_and_nothing_is_asked_that_could_trade(entry, tmp_path) -> None:
    async def scenario() -> None:
        async with staged((entry,), tmp_path) as stage:
            stage.forbids = lambda asked: entry.acts(asked.method, asked.path)
            where = entry.where(stage.hosts[entry.id])
            lines = await accounts.try_keys(entry.id, where, entry.keys, stage.clock.now)
            assert (f"free cash read now: {stage.truth(entry).cash():.2f}", True) in lines
            assert ("working orders: 0", True) in lines
            assert stage.crimes == []
            assert stage.requests != []
            strangers = await accounts.try_keys(entry.id, where, entry.others, stage.clock.now)
            assert [text for text, good in strangers if not good] != []
            assert not any(text.startswith("free cash") for text, _ in strangers)
            assert stage.crimes == []

    asyncio.run(scenario())
