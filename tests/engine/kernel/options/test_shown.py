"""Options and perpetuals on the screens that shares are on, too: in their own prices, without a number made up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Place, Watch
from engine.core.events import BookSnapshot
from engine.core.instrument import Band
from engine.core.units import DAY, Lots, Nanos, Qty, Side, Ticks
from engine.kernel.project.listed import derivative_grid, smiles
from engine.sandbox import option_market as market
from engine.sandbox.option_market import PERPETUAL
from engine.views import topics
from engine.views.ladder import LadderView
from engine.views.market import MarketRow
from engine.views.topics import ChainKey
from tests.engine.kernel.options.world import EXPIRES, LATER, STRIKES, World, call, put


@pytest.fixture(scope="module")
def world() -> World:
    """A long call, a short perpetual, a put that is offered."""
    made = World()
    made.ready(call())
    made.ready(put(), "0.04")
    made.ready(PERPETUAL, "60000")
    made.buy(call(), "1")
    made.sell(PERPETUAL, "1000")
    made.sell(put(), "0.5", "0.05")
    made.run(1)
    return made


def test_every_view_can_be_asked_for_while_options_are_held(world: World) -> None:
    for view in ("positions", "markets", "orders", "fills", "pnl", "gates", "spine", "scenarios", "greeks", "expiries"):
        assert world.kernel.view(topics.Topic(view)) is not None
    for one in (call(), PERPETUAL):
        assert world.kernel.view(topics.ladder(one.symbol)).scale is not None  # type: ignore[attr-defined]
        assert world.kernel.view(topics.tape(one.symbol)) is not None
    assert world.kernel.view(topics.board("deribit:BTC-2OCT26")) is None


def test_a_position_closes_when_its_instrument_does_and_a_perpetual_never(world: World) -> None:
    rows = world.kernel.view(topics.POSITIONS).rows  # type: ignore[attr-defined]
    assert {row.instrument: row.closes for row in rows} == {
        one: world.state.listings[one].instrument.closes for one in (call(), PERPETUAL)
    }
    assert [row.closes for row in rows if row.instrument == PERPETUAL] == [None]


def _tree(world: World) -> dict[str, list[MarketRow]]:
    found: dict[str, list[MarketRow]] = {}
    for row in world.kernel.view(topics.MARKETS).rows:  # type: ignore[attr-defined]
        assert row.group == "Deribit · BTC"
        assert (row.bid, row.ask, row.mid, row.edge) == (None, None, None, None), "nothing of it is in cents"
        found.setdefault(row.event, []).append(row)
    return found


def test_the_tree_has_perpetuals_and_the_chains_that_are_watched_or_held(world: World) -> None:
    found = _tree(world)
    assert list(found) == ["BTC futures", "BTC 2 OCT"]
    (perpetual,) = found["BTC futures"]
    assert (perpetual.label, perpetual.bid_text, perpetual.ask_text) == ("PERPETUAL", "59999.5", "60000.5")
    assert (perpetual.currency, perpetual.position) == ("USD", -1_000)
    strikes = found["BTC 2 OCT"]
    assert [row.label for row in strikes] == [f"{strike} {kind}" for strike in STRIKES for kind in "CP"]
    (near,) = [row for row in strikes if row.near]
    assert (near.label, near.bid_text, near.ask_text, near.currency) == ("60000 C", "0.0495", "0.0505", "BTC")
    assert {row.market for row in strikes} == {"deribit:BTC-2OCT26"}
    world.ask(Watch(what=ChainKey("deribit", "BTC", "BTC", LATER).text))
    assert list(_tree(world)) == ["BTC futures", "BTC 2 OCT", "BTC 23 OCT"]
    world.ask(Watch(what=ChainKey("deribit", "BTC", "BTC", LATER).text, on=False))
    assert list(_tree(world)) == ["BTC futures", "BTC 2 OCT"]


def test_of_a_long_chain_the_strikes_around_the_forward_are_in_the_tree() -> None:
    world = World()
    every = tuple(range(40_000, 80_000, 500))
    world.step(market.listing(LATER, every, world.at))
    world.mark(call(60_000, LATER))
    world.ask(Watch(what=ChainKey("deribit", "BTC", "BTC", LATER).text))
    world.ready(call(79_000, LATER), "0.001")
    world.buy(call(79_000, LATER), "1")
    rows = _tree(world)["BTC 23 OCT"]
    calls = [row.label for row in rows if row.label.endswith("C")]
    assert calls == [f"{strike} C" for strike in (*range(55_000, 65_000, 500), 79_000)]
    assert [row.label for row in rows if row.near] == ["60000 C"]


def test_the_rows_of_a_ladder_follow_the_grid_and_stay_while_the_market_is_in_their_midst() -> None:
    grid = (Band(Ticks(1), Ticks(50), Ticks(1)), Band(Ticks(50), Ticks(100_000), Ticks(5)))
    found = derivative_grid.around(grid, Ticks(45))
    assert found[:2] == (1, 2)
    assert found[48:52] == (49, 50, 55, 60)
    assert len(derivative_grid.around(grid, Ticks(50_000))) == 2 * derivative_grid.EACH + 1
    assert [derivative_grid.row_of((50, 55), Ticks(52), up=up) for up in (True, False)] == [55, 50]  # type: ignore[arg-type]
    assert derivative_grid.row_of((50, 55), Ticks(56), up=False) is None  # type: ignore[arg-type]
    world = World()
    topic = topics.ladder(PERPETUAL.symbol)
    assert world.kernel.view(topic).rows == ()  # type: ignore[attr-defined]
    assert world.kernel.view(topic).state == "loading"  # type: ignore[attr-defined]
    world.ready(PERPETUAL, "60000")
    first = [row.price for row in world.kernel.view(topic).rows]  # type: ignore[attr-defined]
    world.ready(PERPETUAL, "60040")
    assert [row.price for row in world.kernel.view(topic).rows] == first  # type: ignore[attr-defined]
    world.order(PERPETUAL, Side.BUY, "10", "58000")
    world.ready(PERPETUAL, "60100")
    rows = world.kernel.view(topic).rows  # type: ignore[attr-defined]
    assert rows[0].price == 120_200 + 200
    assert [(row.price, row.mine_bid) for row in rows[-3:]] == [(116_001, ""), (116_000, "10"), (115_999, "")]


def test_what_lies_between_the_rows_and_an_order_of_ours_far_away_is_not_shown_at_it() -> None:
    world = World()
    world.ready(PERPETUAL, "60000")
    world.order(PERPETUAL, Side.BUY, "10", "58000")
    world.order(PERPETUAL, Side.SELL, "10", "62000")
    for bids, asks in (
        ((119_999, 118_000, 116_000), (120_001, 122_000, 124_000)),
        ((118_000,), (122_000,)),  # so wide that the best prices lie beyond the rows
    ):
        sides = [tuple((Ticks(price), Lots(700)) for price in side) for side in (bids, asks)]
        world.step(BookSnapshot(at=world.at, instrument=PERPETUAL, bids=sides[0], asks=sides[1]))
        view = world.kernel.view(topics.ladder(PERPETUAL.symbol))
        assert isinstance(view, LadderView)
        size = world.instrument(PERPETUAL).lot * 700
        assert (view.best_bid, view.best_ask) == (bids[0], asks[0])
        rows = {row.price: row for row in view.rows}
        assert [row.price for row in view.rows] == sorted(rows, reverse=True)
        for price in (116_000, 118_000, 119_999, 120_001, 122_000, 124_000):
            row = rows.get(Ticks(price))
            if row is not None:
                assert row.bid == (size if price in bids else None), price
                assert row.ask == (size if price in asks else None), price
        at = [row.price for row in view.rows]
        for price in (bids[0], asks[0], 116_000, 124_000):  # a row further is a tick further
            here = at.index(Ticks(price))
            assert at[here - 1 : here + 2] == [price + 1, price, price - 1]
        assert at[at.index(Ticks(asks[0])) - 50] == asks[0] + 50, "whoever counts a protect offset in rows"
        if len(bids) == 3:
            assert (rows[Ticks(116_000)].cum_bid, rows[Ticks(124_000)].cum_ask) == (3 * size, 3 * size)


def test_the_chain_has_one_smile_and_each_option_its_volatility_by_it() -> None:
    world = World()
    key = ChainKey("deribit", "BTC", "BTC", EXPIRES)
    assert world.kernel.view(topics.chain(key)).smile is None  # type: ignore[attr-defined]
    for strike in STRIKES:
        world.mark(call(strike))
        world.mark(put(strike))
    world.run(3)
    view = world.kernel.view(topics.chain(key))
    assert view.smile.points == 3  # type: ignore[attr-defined]
    for row in view.rows:  # type: ignore[attr-defined]
        assert row.call.model_iv == row.put.model_iv == pytest.approx(0.6, abs=0.001)
    world.mark(call(), mark_iv=0.9)
    assert world.kernel.view(topics.chain(key)).smile == view.smile, "not anew for every mark"  # type: ignore[attr-defined]
    world.run(3)
    assert world.kernel.view(topics.chain(key)).smile != view.smile  # type: ignore[attr-defined]


def test_smiles_are_kept_of_the_chains_that_were_looked_at_last() -> None:
    world = World()
    kept, keys = world.state.options.smiles, []
    for week in range(smiles.MOST + 4):
        expires = Nanos(EXPIRES + week * 7 * DAY)
        world.step(market.listing(expires, STRIKES, world.at))
        for strike in STRIKES:
            world.mark(call(strike, expires))
        keys.append(ChainKey("deribit", "BTC", "BTC", expires))
        assert world.kernel.view(topics.chain(keys[-1])).smile is not None  # type: ignore[attr-defined]
    assert list(kept) == keys[4:], "the oldest went first"
    world.run(3)
    assert world.kernel.view(topics.chain(keys[4])).smile is not None  # type: ignore[attr-defined]
    assert list(kept) == [*keys[5:], keys[4]], "what is looked at again is the newest"
    assert world.kernel.view(topics.chain(keys[0])).smile is not None  # type: ignore[attr-defined]
    assert keys[5] not in kept
    assert len(kept) == smiles.MOST


def test_positions_are_long_and_short_in_the_currency_they_are_quoted_in(world: World) -> None:
    option, perpetual = world.kernel.view(topics.POSITIONS).rows  # type: ignore[attr-defined]
    assert (option.name, option.leg, option.average, option.mark, option.currency) == (
        "BTC C 60 000 2 OCT", "LONG", 0.0505, 0.05, "BTC",
    )  # fmt: skip
    assert option.unrealised == -30
    assert option.max_win is None
    assert 2_000 < option.max_loss < 3_000
    assert (perpetual.leg, perpetual.currency) == ("SHORT", "USD")
    assert perpetual.average == pytest.approx(59_999.5)
    assert float(perpetual.max_loss) == pytest.approx(200, abs=0.01)  # a fifth up


def test_orders_and_fills_say_a_side_and_a_price_as_quoted(world: World) -> None:
    offered, *_, bought = world.kernel.view(topics.ORDERS).rows  # type: ignore[attr-defined]
    assert (offered.side, offered.price, offered.average, offered.currency) == ("SELL", 0.05, None, "BTC")
    assert (bought.side, bought.average) == ("BUY", 0.0505)
    newest, oldest = world.kernel.view(topics.FILLS).rows  # type: ignore[attr-defined]
    held = [row.name for row in world.kernel.view(topics.POSITIONS).rows]  # type: ignore[attr-defined]
    assert {newest.market, oldest.market} == set(held), "it has one name in all docks"
    assert offered.market == "BTC P 60 000 2 OCT"
    assert (newest.side, newest.price, newest.currency, newest.slippage) == ("SELL", 59_999.5, "USD", None)
    assert (oldest.side, oldest.price) == ("BUY", 0.0505)


def test_the_card_of_an_option_has_its_premium_and_what_could_be_lost(world: World) -> None:
    place = Place(instrument=call(), side=Side.BUY, qty=Qty(Decimal(2)), price=Ticks(505))
    card = world.kernel.preview(place)
    assert (card.cost, card.fee, card.average, card.currency) == (6_060, 36, 0.0505, "BTC")
    assert card.words == "BUY 2 C 60 000 2 OCT @ 0.0505 BTC  $6096.00"
    assert card.position_after == "long 3"
    assert card.max_loss is not None
    assert -6_096 < card.max_loss < -4_000
    assert (card.max_win, card.edge, card.refused_by) == (None, None, "")


def test_the_card_of_a_perpetual_moves_no_premium(world: World) -> None:
    card = world.kernel.preview(Place(instrument=PERPETUAL, side=Side.BUY, qty=Qty(Decimal(3_000))))
    assert (card.cost, card.fee) == (0, Decimal("1.5"))
    assert card.words == "BUY 3000 BTC-PERPETUAL @ 60000.5 USD"
    assert card.position_after == "long 2000"


def test_leaving_everything_costs_spread_and_fees(world: World) -> None:
    cost = world.kernel.view(topics.GATES).flatten_cost  # type: ignore[attr-defined]
    assert float(cost) == pytest.approx(0.0005 * 60_000 + 18 + 0.5 + 1_000 * 0.5 / 60_000, abs=0.01)
