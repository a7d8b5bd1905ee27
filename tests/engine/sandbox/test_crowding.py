from __future__ import annotations

import hashlib
import random
from decimal import Decimal
from itertools import pairwise

import pytest

from engine.core.contract import Metric
from engine.core.ids import KALSHI, POLYMARKET
from engine.core.units import DAY as DAY_LONG
from engine.core.units import HOUR, MINUTE, SECOND, Nanos
from engine.sandbox import day
from engine.sandbox.coin import Coin
from engine.sandbox.crowding import Crowding
from engine.sandbox.floor import Floor
from engine.sandbox.floor_order import StatusSet
from engine.sandbox.highs import High
from engine.sandbox.offers import kalshi_high
from tests.engine.sandbox.ground import balance


@pytest.fixture
def crowd(world):
    """Return a function from a seed to a crowd that is about to open its day."""

    def make(seed: int = 1, rate: float = 0.2) -> Crowding:
        skies, outlook, _ = world(seed)
        floor = Floor(day.START, random.Random(seed))
        coin = Coin(seed, day.START)
        return Crowding(seed, day.START, floor, skies, outlook, coin, rate=rate, coin_rate=0.1)

    return make


def test_every_venue_has_its_markets_from_the_start(crowd) -> None:
    made = crowd()
    made.act()
    assert {name.split("-1783")[0] for name in made.families} == {
        "kalshi:KXHIGHCHI-26JUL03", "kalshi:KXHIGHNY-26JUL03",
        "polymarket:highest-temperature-in-chicago-on-july-3-2026", "polymarket:btc-updown-5m",
    }  # fmt: skip
    assert [len(f.members) for f in made.families.values()] == [6, 6, 6, 1, 1, 1]


def test_brackets_are_those_of_the_embedded_market(world) -> None:
    skies, outlook, board = world(1)
    listed = [x for x in board.until(day.START) if x.contract.metric is Metric.TEMP_MAX and x.contract.brackets]
    ours = next(x for x in listed if x.sky.region.home.id == "KMDW")
    high = High(skies[0], 0, skies[0].local(day.START // MINUTE)[0], outlook)
    assert high.brackets == ours.contract.brackets
    assert high.winner() == ours.verdict().winner
    offer = kalshi_high(high)
    assert [(i.strike.low, i.strike.high) for i in offer.instruments] == [(b.low, b.high) for b in high.brackets]
    assert offer.instruments[0].id.symbol.startswith("KXHIGHCHI-26JUL03-T")


@pytest.mark.parametrize("hours", range(1, 24, 3))
def test_at_any_hour_some_high_is_undecided_and_quoted_on_both_sides(world, hours) -> None:
    skies, outlook, _ = world(1)
    start = Nanos(day.START + hours * HOUR)
    floor = Floor(start, random.Random(1))
    Crowding(1, start, floor, skies, outlook, Coin(1, start), rate=0.2, coin_rate=0.1).act()
    books = [floor.books[name] for name in floor.instruments if name.venue == KALSHI]
    assert sum(book.bids.best is not None and book.asks.best is not None for book in books) >= 4


def test_books_stay_plausible_all_day(crowd) -> None:
    made = crowd(rate=0.06)
    for hour in range(1, 12):
        made.run(Nanos(day.START + hour * HOUR))
        quoted = 0
        for offer in made.offers.values():
            chances = offer.chances(made.floor.at)
            assert len(chances) == 1 or sum(chances) == pytest.approx(1.0)
            for instrument, fair in zip(offer.instruments, chances, strict=True):
                book = made.floor.books[instrument.id]
                bid, ask = book.bids.best, book.asks.best
                assert bid is None or ask is None or bid < ask
                if made.floor.instruments[instrument.id].status == "open" and 0.1 < fair < 0.9:
                    assert bid is not None
                    assert ask is not None
                    quoted += 1
        assert quoted >= 2
    assert balance(made.floor) == 0


def test_each_event_ends_with_exactly_one_winner(crowd) -> None:
    made = crowd(rate=0.004)
    ends: dict[str, list[Decimal]] = {}

    def hear(notice: object) -> None:
        if isinstance(notice, StatusSet) and notice.payout is not None:
            family = made.floor.instruments[notice.instrument].family
            ends.setdefault(family, []).append(notice.payout)

    made.floor.listeners.append(hear)
    made.run(Nanos(day.START + DAY_LONG))
    weather = {name: paid for name, paid in ends.items() if "updown" not in name}
    assert len(weather) == 3
    assert all(sorted(paid) == [0] * 5 + [1] for paid in weather.values())
    assert len(ends) - 3 >= 280, "a window every five minutes"
    assert "kalshi:KXHIGHCHI-26JUL05" in made.families


def test_a_window_pays_up_when_the_price_is_not_below_its_opening(crowd) -> None:
    made = crowd()
    made.run(Nanos(day.START + 20 * MINUTE))
    settled = 0
    for offer in made.offers.values():
        instrument = made.floor.instruments[offer.instruments[0].id]
        if "updown" in offer.family.id and instrument.status == "settled":
            start = int(instrument.fact("window_start"))
            opening, closing = (made.coin.price(Nanos((start + s) * SECOND)) for s in (0, 300))
            assert made.floor.payouts[instrument.id] == int(closing >= opening)
            settled += 1
    assert settled >= 3


def test_a_grid_is_finer_near_certainty(crowd) -> None:
    made = crowd()
    made.run(Nanos(day.START + HOUR))
    for offer in made.offers.values():
        for instrument, fair in zip(offer.instruments, offer.chances(made.floor.at), strict=True):
            now = made.floor.instruments[instrument.id]
            if instrument.id.venue == POLYMARKET and now.status == "open" and (fair < 0.01 or fair > 0.99):
                assert (now.grid[0].step, now.fact("tick")) == (10, "0.001")


def test_bitcoin_trades_are_numbered_without_a_gap(crowd) -> None:
    made, seen = crowd(), []
    made.coin_listeners.append(seen.append)
    made.run(Nanos(day.START + HOUR))
    assert len(seen) > 250
    assert [b.id - a.id for a, b in pairwise(seen)] == [1] * (len(seen) - 1)
    assert all(abs(t.price - 100 * made.coin.price(t.at)) < 2 for t in seen)


def test_a_path_is_the_same_whoever_looks_at_it() -> None:
    often, once = Coin(3, day.START), Coin(3, day.START)
    for second in range(600):
        often.price(Nanos(day.START + second * SECOND))
    assert often.price(Nanos(day.START + 900 * SECOND)) == once.price(Nanos(day.START + 900 * SECOND))


def test_same_seed_same_story(crowd) -> None:
    digests = []
    for seed in (4, 4, 5):
        made, digest = crowd(seed), hashlib.sha256()
        made.floor.listeners.append(lambda n, digest=digest: digest.update(repr(n).encode()))
        made.run(Nanos(day.START + HOUR // 3))
        digests.append(digest.hexdigest())
    assert digests[0] == digests[1] != digests[2]


def test_a_rate_of_trades_must_be_positive() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        next(Coin(1, day.START).trades(day.START, 0.0))
