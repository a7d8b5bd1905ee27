"""The whole program against the sandbox's Rysk and Deribit, over real sockets: a request until its hedge."""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import resources
from app import accounts, boot, wiring
from app.commands.sandbox import DEPOSIT, DERIBIT_YOU
from engine.core.commands import Arm, Disarm, SetParameter, SetStrategy, StrategyState
from engine.core.ids import DERIBIT, RYSK
from engine.core.snapshot import StationRow
from engine.core.units import Nanos, Side
from engine.host.clock import DayClock
from engine.kernel.rfq import finding
from engine.sandbox.servers.deribit_desk import Client
from engine.sandbox.servers.sandbox import Sandbox
from engine.sandbox.servers.world import World
from engine.store.profile import Profile
from engine.strategies import rfq_desk
from engine.venues import registry
from engine.venues.polymarket.sign import Wallet
from engine.venues.rysk.keys import RyskKeys

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from engine.host.host import Host
    from engine.kernel.state import State

STATIONS = tuple(StationRow(**facts) for facts in resources.load_stations())
KEY = f"0x{0xA11CE:064x}"
WANTED = """
[venues]
on = ["deribit", "rysk"]
[venues.deribit]
series = ["BTC-FUTURES", "BTC-OPTIONS"]
[weather]
on = []
"""


def wall() -> Nanos:
    return Nanos(time.time_ns())


class Stage:
    """The sandbox in this process, and a desk that reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World(1, STATIONS, DayClock(wall(), 1.0), wall)
        self.sandbox = Sandbox(self.world, [], "token")
        self.sandbox.deribit.open_account(Client("sandboxer", "quite-a-secret", DERIBIT_YOU), DEPOSIT)
        self.sandbox.rysk.window_s = 0.4
        self.session: boot.Session | None = None
        self.said: dict[str, Any] = {}

    async def serve(self) -> None:
        """Open the sandbox, and write down where it is."""
        self.said = await self.sandbox.open()
        (self.folder / "sandbox.json").write_text(json.dumps(self.said))

    async def open(self, name: str, *, live: bool) -> boot.Session:
        """Begin a session on a profile of that name."""
        path, folder = self.folder / "sandbox.json", self.folder / name
        folder.mkdir()
        (folder / "settings.toml").write_text(WANTED)
        profile = Profile(folder).make()
        found = await wiring.desk(profile, live=live, addresses=path, keyring=False)
        options = boot.Options(demo=False, live=live, keyring=False, wiring=found)
        loop = asyncio.get_running_loop()
        self.session = boot.open_session(profile, options, loop, changed=lambda _: None, broken=_raise)
        self.session.play(loop)
        return self.session

    async def leave(self) -> None:
        """End the session, if one is open."""
        session, self.session = self.session, None
        if session is not None:
            assert await session.leave()

    async def close(self) -> None:
        """End everything."""
        await self.leave()
        await self.sandbox.close()

    def ready(self, state: State) -> bool:
        """Whether both accounts stand and the options are known."""
        rysk, deribit = state.desks[RYSK], state.desks[DERIBIT]
        return rysk.account_up and rysk.market_up and deribit.reconciled and len(state.listings) > 20

    def told(self, state: State) -> object:
        """Return what a failure is told with."""
        asked = [(one.trace, one.state, one.why, one.steps) for one in state.rfq.asked.values()]
        return asked, [one.text for one in state.notices.view().rows][-9:]

    def tell(self, host: Host) -> None:
        """Let the desk wait for a busy machine."""
        for name, value in {"stale": "60", "wait": "5", "max_premium": "1000000"}.items():
            host.ask(SetParameter(strategy=rfq_desk.NAME, name=name, value=value))

    def want(self) -> str:
        """Let somebody ask for an option of the nearest strikes; return the request's trace."""
        asked = self.sandbox.taker.ask(size=Decimal("0.1"))
        assert asked is not None
        return f"rfq:rysk:{asked.id}"


def _raise(error: Exception) -> None:
    raise error


async def until(done: Callable[[], object], say: Callable[[], object] = lambda: "", patience_s: float = 20.0) -> None:
    try:
        async with asyncio.timeout(patience_s):
            while not done():  # noqa: ASYNC110 - what is waited for has no event of its own
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(say()) from None


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DERIBIT_CLIENT_ID", "sandboxer")
    monkeypatch.setenv("DERIBIT_CLIENT_SECRET", "quite-a-secret")
    monkeypatch.setenv("RYSK_MAKER_KEY", KEY)


def run(scenario: Callable[[Stage], Awaitable[None]], folder: Path) -> None:
    """Play a scenario on a loop of its own."""

    async def played() -> None:
        stage = Stage(folder)
        try:
            await scenario(stage)
        finally:
            await stage.close()

    asyncio.run(played())


def test_on_paper_nothing_is_signed_and_live_a_request_is_once_armed_then_confirmed_and_hedged(tmp_path, keys) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.serve()
        await _on_paper(stage)
        await _live(stage)
        where = registry.endpoints(RYSK, given={"rest": stage.said["rysk"]["rest"], "socket": stage.said["rysk"]["ws"]})
        found = await accounts.try_keys(RYSK, where, RyskKeys(int(KEY, 16)), wall)
        assert [good for _, good in found] == [True, True, True], found
        assert found[-1][0].endswith(f"signed as {Wallet(int(KEY, 16)).address}")

    run(scenario, tmp_path)


async def _on_paper(stage: Stage) -> None:
    """The simulated taker is quoted, and the venue has not even a socket of ours for quotes."""
    session = await stage.open("paper", live=False)
    state, server = session.kernel.state, stage.sandbox.rysk
    await until(lambda: stage.ready(state), lambda: stage.told(state))
    session.host.ask(SetStrategy(strategy=rfq_desk.NAME, to=StrategyState.PAPER))
    stage.tell(session.host)
    trace = stage.want()
    await until(lambda: trace in state.rfq.asked and state.rfq.asked[trace].made, lambda: stage.told(state))
    (made,) = state.rfq.asked[trace].made
    await until(lambda: made.status in {"open", "filled", "cancelled"}, lambda: stage.told(state))
    assert server.makers == 0
    assert not any(one.quotes for one in server.asked.values())
    await stage.leave()


async def _live(stage: Stage) -> None:
    """Priced but not signed until armed; then signed, confirmed by the venue and hedged on the other one."""
    session = await stage.open("live", live=True)
    state, host, server = session.kernel.state, session.host, stage.sandbox.rysk
    await until(lambda: stage.ready(state) and server.makers, lambda: stage.told(state))
    host.ask(SetStrategy(strategy=rfq_desk.NAME, to=StrategyState.PAPER))
    stage.tell(host)
    first = stage.want()
    await until(lambda: first in state.rfq.asked and state.rfq.asked[first].packages, lambda: stage.told(state))
    assert state.rfq.asked[first].why == "not armed, or not live"
    host.ask(Arm(typed="LIVE live"))
    host.ask(SetStrategy(strategy=rfq_desk.NAME, to=StrategyState.LIVE, typed="LIVE live"))
    await until(lambda: state.strategies.seats[rfq_desk.NAME].state is StrategyState.LIVE, lambda: stage.told(state))
    trace = stage.want()
    await until(
        lambda: trace in state.rfq.asked and state.rfq.asked[trace].state == "HEDGED", lambda: stage.told(state)
    )
    asked = state.rfq.asked[trace]
    (leg,) = asked.request.legs
    hedge = finding.priced_by(state, leg.instrument)[0]
    bought = finding.held(state, leg.instrument)
    assert abs(bought) == asked.request.qty
    assert finding.held(state, hedge) == -bought
    ours = [o for o in stage.sandbox.deribit.bourse.pit.orders.values() if o.account == DERIBIT_YOU]
    assert [(one.instrument, one.side) for one in ours] == [(hedge, Side.SELL if bought > 0 else Side.BUY)]
    assert not server.asked[first.rpartition(":")[2]].quotes
    assert [one.what for one in asked.steps][-4:] == ["HEDGE", "ACCEPTED", "FILL", "HEDGED"]
    host.ask(Disarm())
    last = stage.want()
    await until(lambda: last in state.rfq.asked and state.rfq.asked[last].packages, lambda: stage.told(state))
    assert not state.rfq.asked[last].made
    await stage.leave()
