"""Which venues a session has: real ones live or on paper, simulated ones, and what is refused in words."""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from app import accounts, boot, wiring
from engine.core.commands import Place, Tif
from engine.core.errors import ConfigError
from engine.core.events import LinkChanged, Listed
from engine.core.ids import BINANCE, DERIBIT, DERIVE, KALSHI, POLYMARKET, RYSK, VISUAL_CROSSING
from engine.core.order import Status
from engine.core.snapshot import Snapshot, StationRow
from engine.core.units import Nanos, Qty, Side
from engine.host.clock import DayClock, WallClock
from engine.sandbox import taker
from engine.sandbox.day import SPEED, START
from engine.sandbox.servers.sandbox import Sandbox
from engine.sandbox.servers.world import World
from engine.store.profile import Profile
from engine.venues import registry
from engine.venues.ccxt import library
from engine.venues.derive.endpoints import PROD
from engine.venues.kalshi.gateway import Gateway as KalshiGateway
from engine.venues.paper.gateway import PaperGateway
from engine.venues.paper.quotes import PaperQuotes
from engine.venues.quoting import AnswersQuotes
from engine.venues.rysk.endpoints import CHAINS
from engine.venues.rysk.maker import RyskMaker
from engine.venues.still import StillDirectory, StillFeed
from resources import load_stations

EMPTY = Snapshot(profile="", mode="paper", account_name="paper")
STATIONS = tuple(StationRow(**facts) for facts in load_stations())


def desk(folder: Path, *, live: bool = False, addresses: Path | None = None) -> wiring.DeskWiring:
    profile = Profile(folder).make()
    return asyncio.run(wiring.desk(profile, live=live, addresses=addresses, keyring=False))


def test_on_paper_every_gateway_is_simulated(tmp_path) -> None:
    wired = desk(tmp_path).connect(WallClock(), EMPTY)
    by_id = {venue.id: venue for venue in wired.venues}
    assert set(by_id) == {KALSHI, POLYMARKET, BINANCE}
    assert isinstance(by_id[KALSHI].gateway, PaperGateway)
    assert isinstance(by_id[POLYMARKET].gateway, PaperGateway)
    assert by_id[BINANCE].gateway is None
    assert {venue for venue, _ in wired.papers()} == {KALSHI, POLYMARKET}


def test_live_without_keys_takes_no_orders_and_with_them_the_venue_s_own_gateway(tmp_path, monkeypatch) -> None:
    for name in ("KALSHI_API_KEY_ID", "KALSHI_PRIVATE_KEY", "KALSHI_PRIVATE_KEY_PATH", "PK"):
        monkeypatch.delenv(name, raising=False)
    assert {row.id: row.trades for row in desk(tmp_path, live=True).rows} == {
        KALSHI: False,
        POLYMARKET: False,
        BINANCE: False,
    }
    monkeypatch.setenv("KALSHI_API_KEY_ID", "key-of-a-test")
    monkeypatch.setenv("KALSHI_PRIVATE_KEY", _throw_away_key())
    found = desk(tmp_path, live=True)
    assert {row.id: row.trades for row in found.rows}[KALSHI]
    by_id = {venue.id: venue for venue in found.connect(WallClock(), EMPTY).venues}
    assert isinstance(by_id[KALSHI].gateway, KalshiGateway)
    assert by_id[POLYMARKET].gateway is None


def _throw_away_key() -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_wishes_follow_the_settings_and_windows_their_length(tmp_path) -> None:
    (tmp_path / "settings.toml").write_text(
        '[venues]\non = ["polymarket"]\n'
        '[venues.polymarket]\nseries = ["btc-updown-15m", "highest-temperature-in-nyc"]\n'
    )
    found = desk(tmp_path)
    assert [(wish.what, wish.window_s) for wish in found.wishes] == [
        ("btc-updown-15m", 900),
        ("highest-temperature-in-nyc", 0),
    ]
    assert [row.id for row in found.rows] == [POLYMARKET]


def test_deribits_chains_are_listed_and_only_what_is_named_closely_is_followed(tmp_path, monkeypatch) -> None:
    (tmp_path / "settings.toml").write_text(
        '[venues]\non = ["deribit"]\n[venues.deribit]\nenvironment = "demo"\nlogin = "secret"\n'
        'series = ["BTC-FUTURES", "BTC-OPTIONS", "SOL_USDC", "BTC-27NOV26"]\n'
    )
    monkeypatch.setenv("DERIBIT_CLIENT_ID", "id-of-a-test")
    monkeypatch.setenv("DERIBIT_CLIENT_SECRET", "secret-of-a-test")
    found = desk(tmp_path, live=True)
    assert [(wish.what, wish.follow) for wish in found.wishes] == [
        ("BTC-FUTURES", True), ("BTC-OPTIONS", False), ("SOL_USDC", False), ("BTC-27NOV26", True),
    ]  # fmt: skip
    assert "test.deribit.com" in found.endpoints[DERIBIT].rest  # type: ignore[attr-defined]
    assert dict(found.build[DERIBIT]) == {"plain": True}
    (made,) = found.connect(WallClock(), EMPTY).venues
    assert made.id == DERIBIT
    assert isinstance(made.gateway, AnswersQuotes)


def test_derives_contracts_and_switches_follow_the_settings(tmp_path) -> None:
    (tmp_path / "settings.toml").write_text(
        '[venues]\non = ["derive"]\n[venues.derive]\nenvironment = "demo"\nseries = ["ETH"]\n'
        f'contract = "0x{"ab" * 20}"\ncancel_on_disconnect = "on"\n'
    )
    found = desk(tmp_path)
    where = found.endpoints[DERIVE]
    assert (where.chain_id, where.contract, where.trade) == (11_155_111, "0x" + "ab" * 20, PROD.trade)  # type: ignore[attr-defined]
    assert dict(found.build[DERIVE]) == {"protect": True, "mmp": False}
    (made,) = found.connect(WallClock(), EMPTY).venues
    assert made.id == DERIVE


def test_rysks_place_follows_the_settings_and_only_a_live_desk_with_a_key_has_what_signs(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("RYSK_MAKER_KEY", raising=False)
    written = '[venues]\non = ["rysk"]\n[venues.rysk]\nseries = ["WETH"]\nchain_id = 8453\n'
    (tmp_path / "settings.toml").write_text(written)
    found = desk(tmp_path, live=True)
    where = found.endpoints[RYSK]
    assert (where.chain_id, where.contract, where.assets) == (8453, CHAINS[8453], ("WETH",))  # type: ignore[attr-defined]
    assert (found.wishes, found.rows[0].can) == ((), ())
    assert found.connect(WallClock(), EMPTY).venues[0].gateway is None
    monkeypatch.setenv("RYSK_MAKER_KEY", f"{0xA11CE:064x}")
    (paper,) = desk(tmp_path).connect(WallClock(), EMPTY).venues
    assert isinstance(paper.gateway, PaperQuotes)
    assert RYSK not in desk(tmp_path).keys
    live = desk(tmp_path, live=True)
    assert live.rows[0].can == ("QUOTE_REQUESTS",)
    assert isinstance(live.connect(WallClock(), EMPTY).venues[0].gateway, RyskMaker)
    (tmp_path / "settings.toml").write_text(written.replace("8453", "5"))
    with pytest.raises(ConfigError, match=r"no contract is known on chain 5; venues\.rysk\.contract names one"):
        desk(tmp_path)


def test_exchanges_of_ccxt_are_venues_by_their_names(tmp_path) -> None:
    file = tmp_path / "settings.toml"
    symbols = 'symbols = ["okx:BTC/USDT", "kraken:ETH", "okx:BTC/USDT:USDT"]'
    file.write_text(f'[venues]\non = ["binance"]\n[venues.ccxt]\nexchanges = ["okx"]\n{symbols}\n')
    found = desk(tmp_path)
    assert [row.id for row in found.rows] == [BINANCE, "ccxt-okx"]
    assert [wish.what for wish in found.wishes if wish.venue == "ccxt-okx"] == ["BTC/USDT", "BTC/USDT:USDT"]
    assert [one.id for one in found.connect(WallClock(), EMPTY).venues] == [BINANCE, "ccxt-okx"]
    file.write_text('[venues.ccxt]\nexchanges = ["deribit"]\n')
    with pytest.raises(ConfigError, match=r"deribit has a connector of its own here, which belongs to venues\.on"):
        desk(tmp_path)


def test_exchanges_of_ccxt_without_the_extra_are_refused_in_words(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    (tmp_path / "settings.toml").write_text('[venues.ccxt]\nexchanges = ["okx"]\n')
    with pytest.raises(ConfigError, match="need the extra ccxt, which is not installed"):
        desk(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "no JSON"), ("[1]", "no list of addresses"), ("{", "no JSON"), ("\xff", "no JSON")],
)
def test_addresses_that_cannot_be_read_are_refused_in_words(tmp_path, text, says) -> None:
    path = tmp_path / "sandbox.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=says) as refused:
        desk(tmp_path, addresses=path)
    assert "sandbox.json" in str(refused.value)
    with pytest.raises(ConfigError, match="cannot be read"):
        desk(tmp_path, addresses=tmp_path / "none.json")


def test_addresses_replace_the_venues_own(tmp_path) -> None:
    path = tmp_path / "sandbox.json"
    given = {"kalshi": {"rest": "http://127.0.0.1:1/trade-api/v2", "ws": "ws://127.0.0.1:1/x", "account": {"id": 3}}}
    path.write_text(json.dumps(given))
    found = desk(tmp_path, addresses=path).endpoints
    where = found[KALSHI]
    assert (where.rest, where.socket) == (given["kalshi"]["rest"], given["kalshi"]["ws"])  # type: ignore[attr-defined]
    assert found[BINANCE] == registry.endpoints(BINANCE)


def test_the_weather_is_asked_where_the_addresses_say_in_the_name_of_the_settings(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("VISUAL_CROSSING_KEY", "ABCD1234")
    path = tmp_path / "sandbox.json"
    places = {name: f"http://127.0.0.1:1/{name}" for name in ("iem", "nws", "visual_crossing")}
    path.write_text(json.dumps({"weather": places}))
    (tmp_path / "settings.toml").write_text('[weather]\ncontact = "desk@example.org"\nstations = ["KORD"]\n')
    setup = desk(tmp_path, addresses=path).weather
    assert setup.places == places
    assert (setup.contact, setup.stations, setup.key, setup.keys) == (
        "desk@example.org", ("KORD",), "ABCD1234", "environment",
    )  # fmt: skip
    assert "ABCD1234" not in repr(setup)
    wired = desk(tmp_path, addresses=path).connect(WallClock(), EMPTY)
    assert wired.weather is not None
    assert wired.weather.host(VISUAL_CROSSING) == "127.0.0.1:1"


def test_a_desk_may_do_without_the_weather(tmp_path) -> None:
    (tmp_path / "settings.toml").write_text("[weather]\non = []\n")
    assert desk(tmp_path).connect(WallClock(), EMPTY).weather is None
    assert wiring.simulated(0, 0.0).connect(DayClock(START, SPEED), EMPTY).weather is None


def test_half_a_list_of_weather_services_is_refused(tmp_path) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text(json.dumps({"weather": {"iem": "http://127.0.0.1:1"}}))
    with pytest.raises(ConfigError, match="nws, visual_crossing missing"):
        desk(tmp_path, addresses=path)
    (tmp_path / "settings.toml").write_text('[weather]\non = ["iem"]\n')
    assert desk(tmp_path, addresses=path).weather.places == {"iem": "http://127.0.0.1:1"}


def test_further_models_of_a_sandbox_are_asked_where_the_settings_name_them(tmp_path) -> None:
    path = tmp_path / "sandbox.json"
    here = "http://127.0.0.1:1"
    models = {"nbm": f"{here}/nbm", "jma": f"{here}/open-meteo"}
    path.write_text(json.dumps({"weather": {"iem": here, "hrrr": f"{here}/hrrr"}, "models": models}))
    (tmp_path / "settings.toml").write_text('[weather]\non = ["iem"]\nmodels = ["nbm"]\n')
    found = desk(tmp_path, addresses=path).weather
    assert found.models == ("nbm",)
    assert found.places == {"nbm": f"{here}/nbm", "iem": here, "hrrr": f"{here}/hrrr"}
    (tmp_path / "settings.toml").write_text('[weather]\non = ["iem"]\nmodels = ["ecmwf"]\n')
    with pytest.raises(ConfigError, match="ecmwf missing"):
        desk(tmp_path, addresses=path)


def test_the_simulated_day_tells_of_venues_without_a_network() -> None:
    day = wiring.simulated(0, 0.0)
    clock = DayClock(START, SPEED)
    wired = day.connect(clock, EMPTY)
    told_closely = [venue.id for venue in wired.venues if not isinstance(venue.feed, StillFeed)]
    assert told_closely == [DERIBIT, taker.ROW.id]
    assert {row.pace for row in day.rows} == {SPEED}
    snapshot = Snapshot(profile="", mode="demo", account_name="demo", stations=STATIONS)
    first = list(islice(day.events(clock, snapshot), 12))
    assert [event.venue for event in first if isinstance(event, LinkChanged)] == [KALSHI, POLYMARKET, BINANCE]
    assert any(isinstance(event, Listed) for event in first)


def test_a_still_feed_brings_nothing_and_its_directory_finds_nothing() -> None:
    async def scenario() -> None:
        feed = StillFeed()
        feed.want(frozenset())
        feed.again(frozenset())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await feed.run(lambda _: True)
        assert await StillDirectory().find("X") == ()

    asyncio.run(scenario())


class Stage:
    """The sandbox in this process, and a paper session that reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        clock = DayClock(Nanos(time.time_ns()), 1.0)
        self.world = World(1, STATIONS, clock, lambda: Nanos(time.time_ns()))
        self.sandbox = Sandbox(self.world, [], "token")

    async def open(self) -> boot.Session:
        path = self.folder / "sandbox.json"
        path.write_text(json.dumps(await self.sandbox.open()))
        wanted = '[venues]\non = ["kalshi"]\n[venues.kalshi]\nseries = ["KXHIGHCHI"]\n'
        (self.folder / "settings.toml").write_text(wanted)
        profile = Profile(self.folder).make()
        found = await wiring.desk(profile, live=False, addresses=path, keyring=False)
        options = boot.Options(demo=False, keyring=False, wiring=found)
        loop = asyncio.get_running_loop()
        session = boot.open_session(profile, options, loop, changed=lambda _: None, broken=_raise)
        session.play(loop)
        return session


def _raise(error: Exception) -> None:
    raise error


async def until(done, patience_s: float = 20.0) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(patience_s):
        while not done():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.01)


def test_a_paper_desk_trades_on_real_books_and_the_venue_never_hears_of_it(tmp_path) -> None:
    async def scenario() -> None:
        stage = Stage(tmp_path)
        session = await stage.open()
        state = session.kernel.state
        try:
            await until(lambda: any(one.book.best_ask and one.book.best_bid and not one.stale for one in _books(state)))
            listing = next(one for one in _books(state) if one.book.best_ask and one.book.best_bid and not one.stale)
            place = Place(
                instrument=listing.instrument.id,
                side=Side.BUY,
                price=listing.book.best_ask,
                qty=Qty(Decimal(2)),
                tif=Tif.GTC,
                intent="a test",
            )
            session.host.ask(place)
            await until(lambda: any(order.status is not Status.SENT for order in state.register))
            (order,) = state.register
            assert order.status in {Status.FILLED, Status.WORKING, Status.PARTIAL}, order.why
            ours = {"maker-1", "maker-2", "noise", "informed", "patient"}
            floor = stage.world.floor
            assert {one.account for one in floor.orders.values()} <= ours
        finally:
            assert await session.leave()
            await stage.sandbox.close()
        assert (tmp_path / "ledger-paper.db").exists()
        assert not (tmp_path / "ledger.db").exists()

    asyncio.run(scenario())


def _books(state):  # type: ignore[no-untyped-def]
    return list(state.listings.values())


def test_keys_are_tried_by_reading_alone(tmp_path) -> None:
    async def scenario() -> None:
        stage = Stage(tmp_path)
        addresses = await stage.sandbox.open()
        where = registry.endpoints(
            KALSHI, given={"rest": addresses["kalshi"]["rest"], "socket": addresses["kalshi"]["ws"]}
        )
        try:
            lines = await accounts.try_keys(KALSHI, where, None, lambda: Nanos(time.time_ns()))
        finally:
            await stage.sandbox.close()
        assert lines[-1] == ("no keys are given: prices only", False)
        assert any("REST" in text and good for text, good in lines)

    asyncio.run(scenario())
