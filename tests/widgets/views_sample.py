"""Views with figures like those of a summer afternoon in Chicago, for the tests of the trading panels."""

from __future__ import annotations

from decimal import Decimal
from math import log
from typing import Any

import msgspec

from engine.core.ids import EMBEDDED, InstrumentId, MarketId, OrderId, VenueId
from engine.core.units import HOUR, MINUTE, SECOND, Money, Nanos, Qty, Ticks, lots_down
from engine.views.board import BoardRow, BoardView
from engine.views.ladder import LadderRow, LadderView
from engine.views.market import MarketRow, MarketsView, SubsidyPreview
from engine.views.preview import GateLine, Preview

NOW = Nanos(1_783_107_127 * SECOND)
CLOSES = Nanos(NOW + 10 * HOUR + 26 * MINUTE + 53 * SECOND)
CHI = MarketId("ATMX-87265929effffff-TEMP_MAX-88F-20260703")
CURVE = InstrumentId(EMBEDDED, f"{CHI}/2")
BOOK = InstrumentId(VenueId("kalshi"), "KXHIGHCHI-26JUL03-B86.5")

BIDS = {
    42: 180,
    41: 312,
    40: 540,
    39: 265,
    38: 410,
    37: 150,
    36: 220,
    35: 890,
    34: 75,
    33: 120,
    32: 60,
    31: 45,
    30: 400,
}
ASKS = {44: 145, 45: 260, 46: 385, 47: 90, 48: 600, 49: 310, 50: 1250, 51: 80, 52: 140, 53: 60, 54: 35, 55: 210, 56: 25}
SOLD = {44: 12, 43: 36, 42: 84, 41: 22, 40: 8}
BOUGHT = {45: 15, 44: 66, 43: 58, 42: 19}
MINE_BIDS = {
    43: ("[10]", "draft"),
    42: ("4/10", "partial"),
    41: ("12(2)", "working"),
    40: ("10", "working"),
    39: ("10…", "sent"),
    38: ("10", "canceling"),
    37: ("10…", "amending"),
    36: ("10", "moved"),
    35: ("10 ?", "lost"),
    34: ("!", "rejected"),
}
MINE_ASKS = {
    51: ("10", "canceled"),
    49: ("25", "canceling"),
    48: ("10", "working"),
    46: ("4/10", "partial"),
    45: ("10", "working"),
    44: ("10", "filled"),
}
QUEUE_BIDS = {42: 118, 41: 290, 40: 402, 38: 322, 36: 215}
QUEUE_ASKS = {49: 120, 48: 530, 46: 260, 45: 190, 44: 0}


def qty(n: object) -> Qty:
    return Qty(Decimal(str(n)))


def money(n: object) -> Money:
    return Money(Decimal(str(n)))


def _maybe(table: dict[int, int], cents: int) -> Qty | None:
    return qty(table[cents]) if cents in table else None


def book(**changes: Any) -> LadderView:
    """A real book with own orders in every state."""
    rows = []
    for c in range(99, 0, -1):
        bid_text, bid_state = MINE_BIDS.get(c, ("", ""))
        ask_text, ask_state = MINE_ASKS.get(c, ("", ""))
        rows.append(
            LadderRow(
                price=Ticks(c * 100),
                bid=_maybe(BIDS, c),
                ask=_maybe(ASKS, c),
                cum_bid=qty(sum(n for p, n in BIDS.items() if p >= c)) if c <= 42 else None,
                cum_ask=qty(sum(n for p, n in ASKS.items() if p <= c)) if c >= 44 else None,
                mine_bid=bid_text,
                mine_bid_state=bid_state,
                mine_ask=ask_text,
                mine_ask_state=ask_state,
                mine_bid_ids=(OrderId(f"b{c}"),) if bid_text else (),
                mine_ask_ids=(OrderId(f"a{c}"),) if ask_text else (),
                queue_bid=_maybe(QUEUE_BIDS, c),
                queue_ask=_maybe(QUEUE_ASKS, c),
                sold=_maybe(SOLD, c),
                bought=_maybe(BOUGHT, c),
                edge=46.8 - c - 0.4 if c <= 46.8 else c - 46.8 - 0.4,
                exit=money(round((c - 38.5) * 0.24 - 0.1, 2)),
            )
        )
    view = LadderView(
        instrument=BOOK,
        title="CHI 86–87 °F",
        subtitle="KXHIGHCHI-26JUL03-B86.5",
        status="open",
        state="live",
        why="",
        rows=tuple(rows),
        best_bid=Ticks(4200),
        best_ask=Ticks(4400),
        last=Ticks(4200),
        fair=46.8,
        average=38.5,
        breakeven=40.1,
        position=qty(24),
        position_text="+24 @ 38.5",
        position_pnl=money("1.08"),
        curve=False,
        b=None,
        max_loss=None,
        closes=CLOSES,
        gates_ok=11,
        gates_near=1,
        refusing="",
    )
    return msgspec.structs.replace(view, **changes)


def curve(price: float = 43.3, b: float = 100.0, **changes: Any) -> LadderView:
    """The ladder of a maker's cost curve: no orders, every size a step along the curve."""
    p = price / 100
    rows = []
    up = int(price) + 1
    down = int(price) if price != int(price) else int(price) - 1
    for c in range(99, 0, -1):
        ask = _step(max(c - 1, price) / 100, c / 100, b) if c >= up else None
        bid = _step(c / 100, min(c + 1, price) / 100, b) if c <= down else None
        rows.append(
            LadderRow(
                price=Ticks(c * 100),
                bid=bid,
                ask=ask,
                cum_bid=_step(c / 100, p, b) if bid is not None else None,
                cum_ask=_step(p, c / 100, b) if ask is not None else None,
                mine_bid="",
                mine_bid_state="",
                mine_ask="",
                mine_ask_state="",
                sold=None,
                bought=None,
                edge=46.8 - c if c <= 46.8 else c - 46.8,
                exit=None,
            )
        )
    view = LadderView(
        instrument=CURVE,
        phase=1,
        price=price,
        half_spread=0.0,
        b_open=b,
        title="CHI 86–87 °F",
        subtitle="ATMX-…-TEMP_MAX-20260703",
        status="open",
        state="live",
        why="",
        rows=tuple(rows),
        best_bid=Ticks(down * 100),
        best_ask=Ticks(up * 100),
        last=None,
        fair=46.8,
        average=None,
        breakeven=None,
        position=qty(0),
        position_text="",
        position_pnl=None,
        curve=True,
        b=b,
        max_loss=money(round(b * log(6), 6)),
        closes=CLOSES,
        gates_ok=12,
        gates_near=0,
        refusing="",
    )
    return msgspec.structs.replace(view, **changes)


def _step(low: float, high: float, b: float) -> Qty:
    return lots_down(max(0.0, b * (log(high / (1 - high)) - log(low / (1 - low)))))


def preview(**changes: Any) -> Preview:
    """The card of buying ten at 43."""
    view = Preview(
        instrument=CURVE,
        words="BUY 10 YES @ 43 $4.30",
        qty=qty(10),
        cost=money("4.30"),
        fee=money("0.04"),
        fee_words="0.43c × 10 = $0.04",
        average=43.0,
        worst=43.2,
        max_loss=money("-4.34"),
        max_win=money("5.66"),
        breakeven=0.4343,
        model=0.468,
        edge=3.37,
        edge_money=money("0.34"),
        kelly=0.0149,
        kelly_qty=qty(34),
        position_after="+34 @ 39.8",
        gates=(
            GateLine(code="EVENT_EXPOSURE", used=Decimal("30.66"), limit=Decimal(35), refuses=False, share=0.876),
            GateLine(code="AT_RISK", used=Decimal("56.48"), limit=Decimal(150), refuses=False, share=0.3765),
        ),
        refused_by="",
        refused_why="",
        warnings=(),
        confirm=False,
    )
    return msgspec.structs.replace(view, **changes)


BRACKETS = (
    # label, dead, bid, size, ask, size, mid, change, implied, model, low, high, yes, no, position, avg, pnl, wins
    ("≤ 83", "running high 84", None, None, 1, 310, None, None, 0.0, 0.0, None, None, None, None, 0, None, None, None),
    ("84–85", "", 30, 240, 31, 95, 30.5, -1.5, 0.303, 0.272, 0.2, 0.34, -5.30, 1.33, -16, 34.0, "0.56", "-19.80"),
    ("86–87", "", 42, 180, 44, 145, 43.0, 1.0, 0.428, 0.468, 0.41, 0.53, 1.08, -6.51, 24, 38.5, "1.08", "20.20"),
    ("88–89", "", 19, 325, 21, 210, 20.0, 0.5, 0.199, 0.226, 0.17, 0.28, 0.44, -4.68, 0, None, None, "-3.80"),
    ("90–91", "", 5, 610, 6, 420, 5.5, -0.5, 0.055, 0.030, 0.01, 0.05, -3.39, 1.67, 0, None, None, "-3.80"),
    ("≥ 92", "", 1, 1800, 2, 950, 1.5, 0.0, 0.015, 0.004, 0.0, 0.01, -1.74, 0.53, 0, None, None, "-3.80"),
)


def bracket(i: int) -> InstrumentId:
    return InstrumentId(EMBEDDED, f"{CHI}/{i}")


def board(**changes: Any) -> BoardView:
    """Six brackets, the first one dead."""
    rows = tuple(
        BoardRow(
            instrument=bracket(i),
            label=label,
            dead=dead,
            bid=None if bid is None else Ticks(bid * 100),
            bid_size=None if bid_size is None else qty(bid_size),
            ask=None if ask is None else Ticks(ask * 100),
            ask_size=None if ask_size is None else qty(ask_size),
            mid=mid,
            change_5m=change,
            implied=implied,
            model=model,
            model_low=low,
            model_high=high,
            edge_yes=yes,
            edge_no=no,
            position=qty(position),
            average=average,
            pnl=None if pnl is None else money(pnl),
            if_wins=None if wins is None else money(wins),
            all_in_yes=None if ask is None else ask + 0.4,
            all_in_no=None if bid is None else 100 - bid + 0.4,
        )
        for i, (
            label, dead, bid, bid_size, ask, ask_size, mid, change, implied, model, low, high,
            yes, no, position, average, pnl, wins,
        ) in enumerate(BRACKETS)
    )  # fmt: skip
    view = BoardView(
        market=CHI,
        title="Bracket board",
        subtitle="CHI daily high · KMDW",
        unit="°F",
        status="open",
        state="live",
        why="",
        rows=rows,
        sum_bid=97.0,
        sum_mid=100.5,
        sum_ask=104.0,
        mids_used=5,
        buy_set=1.0892,
        sell_set=0.9235,
        mean=86.6,
        mean_per_hour=0.18,
        mean_trail=tuple((Nanos(NOW - n * MINUTE), 86.6 - 0.003 * n) for n in range(30, -1, -1)),
        running="84 °F",
        closes=CLOSES,
        worst=money("-19.80"),
        worst_label="84–85",
        best=money("20.20"),
        best_label="86–87",
        age_s=0.4,
    )
    return msgspec.structs.replace(view, **changes)


CITIES = (
    ("Austin", "KAUS", 5.0, 2.4, 20),
    ("New York", "KNYC", 3.5, -0.3, 10),
    ("Miami", "KMIA", 6.0, 0.9, -12),
    ("Denver", "KDEN", 4.5, 1.6, 8),
    ("Philadelphia", "KPHL", 5.5, -0.8, -10),
)


def markets(**changes: Any) -> MarketsView:
    """A section of daily highs, the first with its brackets, and one of rain."""
    rows = [
        market_row(
            instrument=bracket(i),
            label=line[0],
            bid=None if line[2] is None else Ticks(line[2] * 100),
            ask=None if line[4] is None else Ticks(line[4] * 100),
            mid=line[6],
            edge=line[12] if line[12] is None else max(line[12], line[13]),
            overround=4.0 if i == 0 else None,
            position=qty(line[14]),
        )
        for i, line in enumerate(BRACKETS)
    ]
    for city, station, over, edge, position in CITIES:
        market = MarketId(f"ATMX-{station}")
        rows.append(
            market_row(
                instrument=InstrumentId(EMBEDDED, f"{market}/0"),
                market=market,
                event=city,
                station=station,
                label="88–89",
                overround=over,
                edge=edge,
                position=qty(position),
            )
        )
    rain = MarketId("ATMX-87a-PRECIP-25MM")
    rows.append(
        market_row(
            instrument=InstrumentId(EMBEDDED, f"{rain}/0"),
            market=rain,
            group="Weather · rain",
            event="CHI rain > 25 mm",
            station="",
            label="",
            closes=Nanos(NOW + 72 * HOUR),
            overround=None,
            edge=3.1,
        )
    )
    return msgspec.structs.replace(MarketsView(rows=tuple(rows)), **changes)


def market_row(**changes: Any) -> MarketRow:
    """One outcome of the Chicago market, changed as asked."""
    row = MarketRow(
        instrument=CURVE,
        market=CHI,
        group="Weather · daily high",
        event="Chicago",
        station="KMDW",
        label="86–87",
        cell="87265929effffff",
        status="open",
        closes=CLOSES,
        bid=Ticks(4200),
        ask=Ticks(4400),
        mid=43.0,
        model=0.468,
        edge=1.1,
        overround=None,
        position=qty(0),
        volume=qty(420),
    )
    return msgspec.structs.replace(row, **changes)


def subsidy(**changes: Any) -> SubsidyPreview:
    """A market that may be listed."""
    view = SubsidyPreview(
        stations=("KMDW  3.1 km  weight 0.62", "KORD  24.6 km  weight 0.38"),
        tier="A",
        refused="",
        iqr=4.1,
        reference=9.5,
        b=43.2,
        subsidy=money("77.40"),
        subsidies_after=money("812.55"),
        subsidies_limit=Decimal(2000),
        prices=(("84–85", 0.27), ("86–87", 0.47), ("88–89", 0.26)),
        rule="The highest temperature of the climate day at KMDW decides; ties of stations over 2.0 K are disputed.",
    )
    return msgspec.structs.replace(view, **changes)
