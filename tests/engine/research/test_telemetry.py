"""A recorded session as the files of the Up/Down design, and the table that is read off them."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from statistics import fmean, stdev

import pytest

from app import cli
from engine.core import codec
from engine.core.commands import SetParameter, StrategyState
from engine.core.errors import InputError
from engine.core.units import DAY, Leg
from engine.core.when import instant
from engine.research import backtest_report, telemetry, telemetry_report
from engine.research.backtest import FillRow
from engine.sandbox.session import PureSession
from engine.store import journal
from engine.store.journal import Recording
from tests.engine.kernel.desk import STATIONS

START = instant("2026-07-03T15:00:00Z")
HEADS = {
    "signals.csv": "ts_ms,strategy,side,edge,fair,mkt,conf,size_frac,btc,dist,time_left_s,eval_us,selected",
    "latency.csv": "ts_ms,event,latency_us",
    "orders.csv": "ts_ms,order_id,side,price,size,strategy,edge,btc,time_left_s",
    "fills.csv": "ts_ms,order_id,strategy,status,filled_price,filled_size,submit_to_ack_ms,pnl_if_correct",
    "binance.csv": "recv_time,recv_ts_ms,trade_ts_ms,price,qty,side",
    "polymarket.csv": "recv_time,recv_ts_ms,up_price,down_price,up_bid,up_ask,down_bid,down_ask",
    "book.csv": "recv_time,recv_ts_ms,token,side,level,price,size",
}


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A session whose Up/Down lines trade, its journal, and its telemetry."""
    rows: list[tuple] = []

    def heard(event, effects):
        rows.append((len(rows) + 1, event.at, type(event).__name__, codec.encode(event), codec.digest(effects)))

    one = PureSession(7, START, STATIONS, rate=0.3, coin_rate=0.6, heard=heard)
    one.run(330)
    for line in ("latency_arb", "certainty_capture"):
        one.ask(SetParameter(strategy=line, name="least_edge", value="0.005"))
    one.switch(StrategyState.PAPER)
    one.run(700)
    folder = tmp_path_factory.mktemp("telemetry")
    path = folder / "20260703T150000Z.db"
    connection = journal.create(path)
    journal.append(connection, rows)
    connection.close()
    return one, path, folder, telemetry.export(Recording(path), folder / "out")


def table(file):
    with file.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_every_window_has_the_eight_files_with_their_headers(session) -> None:
    _, _, folder, found = session
    assert found.stopped == ""
    assert found.windows
    for window in found.windows:
        place = folder / "out" / window
        assert window == f"logs/{place.parent.name}/{place.name}"
        for name, head in HEADS.items():
            assert (place / name).read_text().partition("\n")[0] == head
        info = dict(line.split("=", 1) for line in (place / "market_info.txt").read_text().splitlines())
        assert info["slug"] == place.name
        assert int(info["end_ms"]) > int(info["start_ms"])


def test_what_was_sent_filled_and_signalled_is_there_row_by_row(session) -> None:
    one, _, folder, found = session
    places = [folder / "out" / window for window in found.windows]
    orders = [row for place in places for row in table(place / "orders.csv")]
    known = {o.id: o for o in one.state.register if o.place.instrument.venue == "polymarket" and o.place.strategy}
    assert orders, "the session's strategies sent orders"
    for row in orders:
        order = known[row["order_id"]]
        assert row["strategy"] == order.place.strategy
        assert Decimal(row["price"]) == Decimal(order.place.price) / 10_000
        assert row["side"] == ("UP" if order.place.leg is Leg.YES else "DOWN")
    fills = [row for place in places for row in table(place / "fills.csv") if row["status"] == "Filled"]
    by_order: dict[str, Decimal] = {}
    for row in fills:
        by_order[row["order_id"]] = by_order.get(row["order_id"], Decimal(0)) + Decimal(row["filled_size"])
        assert float(row["submit_to_ack_ms"]) >= 0
    assert all(by_order.get(name, Decimal(0)) == order.filled for name, order in known.items() if order.filled)
    signals = [row for place in places for row in table(place / "signals.csv")]
    assert len(signals) >= len(orders)
    assert {row["selected"] for row in signals} <= {"0", "1"}
    assert all(row["eval_us"] == "" for row in signals), "nobody measured that"


def test_books_are_best_first_and_prices_of_both_tokens_agree(session) -> None:
    _, _, folder, found = session
    rows = [row for window in found.windows for row in table(folder / "out" / window / "polymarket.csv")]
    whole = [row for row in rows if row["up_bid"] and row["up_ask"]]
    assert whole
    for row in whole:
        assert Decimal(row["up_bid"]) < Decimal(row["up_ask"])
        assert Decimal(row["down_bid"]) == 1 - Decimal(row["up_ask"])
        assert Decimal(row["up_price"]) + Decimal(row["down_price"]) == 1
    spots = [row for window in found.windows for row in table(folder / "out" / window / "binance.csv")]
    assert spots
    assert all(row["trade_ts_ms"] == row["recv_ts_ms"] for row in spots), "the simulated feed has no delay"


def test_the_report_adds_up_to_what_the_fills_say(session, capsys) -> None:
    _, _, folder, found = session
    places = [folder / "out" / window for window in found.windows]
    net = Decimal(0)
    for place in places:
        info = dict(line.split("=", 1) for line in (place / "market_info.txt").read_text().splitlines())
        sides = {row["order_id"]: row["side"] for row in table(place / "orders.csv")}
        for row in table(place / "fills.csv"):
            if row["status"] == "Filled" and info["outcome"]:
                won = sides[row["order_id"]] == info["outcome"]
                hoped, size = Decimal(row["pnl_if_correct"]), Decimal(row["filled_size"])
                net += hoped if won else hoped - size
    assert cli.run(["report", str(folder / "out"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    decided = sum(Decimal(one["gross"]) for one in document["strategies"].values())
    assert decided == Decimal(document["gross"])
    whole = telemetry_report.report(folder / "out").total()
    assert sum(whole.days.values()) == pytest.approx(float(net))
    assert document["windows"] == len(found.windows)
    assert cli.run(["report", str(folder / "out")]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0].split()[:3] == ["strategy", "signals", "orders"]
    assert "total" in said


def window(folder, slug="btc-updown-5m-1783107900", outcome="UP", orders="", fills="", interval="5m"):
    place = folder / "logs" / interval / slug
    place.mkdir(parents=True)
    start = int(slug.rpartition("-")[2]) * 1_000
    place.joinpath("market_info.txt").write_text(
        f"slug={slug}\nstart_ms={start}\noutcome={outcome}\nstrat_latency_arb=3\n"
    )
    place.joinpath("orders.csv").write_text(HEADS["orders.csv"] + "\n" + orders)
    place.joinpath("fills.csv").write_text(HEADS["fills.csv"] + "\n" + fills)
    return place


ORDER = "1783107900000,o-1,UP,0.60,33,latency_arb,0.05,68000,120\n"
FILL = "1783107901000,o-1,latency_arb,Filled,0.60,33,210,12.7\n"


def test_the_design_s_own_example_comes_out(tmp_path) -> None:
    """33 shares at 0.60: a win brings 13.20, a loss 19.80, and fifty cents of fee either way."""
    window(tmp_path / "won", orders=ORDER, fills=FILL)
    window(tmp_path / "lost", outcome="DOWN", orders=ORDER, fills=FILL)
    won = telemetry_report.report(tmp_path / "won").line("latency_arb")
    assert (won.signals, won.orders, won.fills, won.wins) == (3, 1, 1, 1)
    assert (won.gross, won.fees, won.net) == (Decimal("13.20"), Decimal("0.50"), Decimal("12.70"))
    lost = telemetry_report.report(tmp_path / "lost").line("latency_arb")
    assert (lost.wins, lost.gross, lost.net) == (0, Decimal("-19.80"), Decimal("-20.30"))
    assert lost.win_rate == 0.0


def test_what_is_missing_is_counted_and_never_guessed(tmp_path) -> None:
    window(tmp_path, outcome="", orders=ORDER, fills=FILL + FILL.replace("o-1", "o-2"))
    found = telemetry_report.report(tmp_path)
    assert (found.undecided, found.orphans) == (1, 1)
    assert found.line("latency_arb").win_rate is None
    assert found.line("latency_arb").net == 0, "its fee neither, before the window has an outcome"
    assert found.line("latency_arb").sharpe is None


@pytest.mark.parametrize(
    "days", [{}, {10: 1.0}, {10: 1.0, 11: 2.0}, {10: 1.0, 12: -0.5, 13: 2.0}, {10: 1.0, 40: 1.0, 41: 1.5}]
)
def test_a_report_and_a_backtest_of_the_same_fills_tell_one_sharpe_ratio(days: dict[int, float]) -> None:
    line = telemetry_report.Line("s", days=dict(days))
    fills = [
        FillRow(
            at=day * DAY, strategy="s", instrument="polymarket:1", side="BUY", leg="YES", price=Decimal("0.5"),
            qty=Decimal(10), cost=10 - Decimal(str(net)), fee=Decimal(0), maker=False, fair=None, mid=None, won=True,
        )
        for day, net in days.items()
    ]  # fmt: skip
    told = backtest_report.line("s", fills).sharpe
    assert line.sharpe == (None if told is None else told.value)
    assert (line.sharpe is None) == (len(days) < 3)
    if len(days) == 3:
        every = [days.get(day, 0.0) for day in range(min(days), max(days) + 1)]
        assert line.sharpe == pytest.approx(fmean(every) / stdev(every) * 365**0.5)


def test_windows_are_chosen_by_length_asset_and_time(tmp_path) -> None:
    window(tmp_path, orders=ORDER)
    window(tmp_path, slug="eth-updown-15m-1783108800", interval="15m")
    assert telemetry_report.report(tmp_path).windows == 2
    assert telemetry_report.report(tmp_path, interval="15m").windows == 1
    assert telemetry_report.report(tmp_path, asset="btc").windows == 1
    assert telemetry_report.report(tmp_path, since_ms=1_783_108_000_000).windows == 1
    with pytest.raises(InputError, match="no window"):
        telemetry_report.report(tmp_path, asset="doge")


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        ("1,2\n", "line 2: 2 cells"),
        (ORDER.replace("0.05", "NaN"), "'NaN' is no number"),
        (ORDER.replace("0.05", "1e99999"), "is no number"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_named(tmp_path, orders, said) -> None:
    window(tmp_path, orders=orders)
    with pytest.raises(InputError, match=r"orders\.csv") as caught:
        telemetry_report.report(tmp_path)
    assert said in str(caught.value)


@pytest.mark.parametrize("ts", ["", "noon", "9" * 5_000, "nan"])
def test_a_fill_without_a_moment_is_of_no_day_in_1970(tmp_path, ts) -> None:
    """It counted as a day of trading, and a moment of five thousand digits ended in a traceback."""
    place = window(tmp_path, orders=ORDER, fills=FILL.replace("1783107901000", ts))
    with pytest.raises(InputError, match=r"fills\.csv"):
        telemetry_report.report(tmp_path)
    (place / "market_info.txt").write_text(f"start_ms={'9' * 5_000}\noutcome=UP\n")
    with pytest.raises(InputError, match="no window"):
        telemetry_report.report(tmp_path, since_ms=1)


def test_another_header_is_refused_and_no_folder_too(tmp_path, capsys) -> None:
    place = window(tmp_path)
    place.joinpath("fills.csv").write_text("a,b\n1,2\n")
    assert cli.run(["report", str(tmp_path)]) == 2
    assert cli.run(["report", str(tmp_path / "none")]) == 2
    assert cli.run(["report", str(tmp_path), "--since", "soon"]) == 2
    said = capsys.readouterr().err
    assert "its header is 'a,b'" in said
    assert "no such folder" in said


def test_the_command_writes_a_session_s_telemetry(session, tmp_path, capsys) -> None:
    _, path, _, found = session
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / path.name).write_bytes(path.read_bytes())
    assert cli.run(["export", "telemetry", "--profile", str(tmp_path), "--out", str(tmp_path / "t")]) == 0
    assert f"{len(found.windows)} windows" in capsys.readouterr().out
    assert cli.run(["export", "telemetry", "--profile", str(tmp_path)]) == 2
