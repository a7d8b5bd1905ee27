"""Which stations a session hears of, and which of what they say the ledger keeps."""

from __future__ import annotations

from msgspec.structs import replace

from engine.core.effects import Keep
from engine.core.events import Observed
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, Nanos
from engine.kernel import following
from engine.kernel.step import Kernel
from tests.engine.kernel.desk import Desk, high, rain, two_stations
from tests.engine.kernel.project.floor import AT, FAMILY, LOW
from tests.engine.kernel.test_modelling_day import day


def test_the_station_of_an_open_family_is_followed_until_it_is_decided() -> None:
    found = day()
    wanted = following.wanted(found)
    assert [row.id for row in wanted.stations] == ["KMDW"]
    assert (wanted.official, wanted.unknown) == (("KMDW",), ())
    for listing in found.listings.values():
        listing.status = "closed"
    assert following.wanted(found).official == ("KMDW",)  # its report is still to come
    for listing in found.listings.values():
        listing.status = "determined"
    assert following.wanted(found) == following.Wanted()


def test_all_stations_of_our_own_markets_are_followed_until_they_are_settled() -> None:
    desk = Desk()
    assert following.wanted(desk.kernel.state) == following.Wanted()
    desk.list(two_stations())
    desk.list(high())
    assert following.wanted(desk.kernel.state).official == ("KMDW", "KORD")
    desk.market("PAIR").status = "settled"
    assert following.wanted(desk.kernel.state).official == ("KMDW",)


def test_what_a_market_lacks_is_looked_for_days_after_its_close_and_no_longer() -> None:
    desk = Desk()
    desk.list(rain())
    contract = desk.market().contract
    window = following.Window(StationId("KMDW"), contract.opens, contract.closes)
    for status in ("open", "closed", "disputed"):
        desk.market().status = status
        desk.state.now = Nanos(contract.closes + 7 * DAY)
        assert following.wanted(desk.state).windows == (window,)
        desk.state.now = Nanos(contract.closes + 9 * DAY)
        assert following.wanted(desk.state).windows == ()
    desk.state.now = contract.closes
    desk.market().status = "settled"
    assert following.wanted(desk.state).windows == ()


def test_what_the_trader_watches_is_followed_without_official_reports() -> None:
    desk = Desk()
    desk.list(rain())
    wanted = following.wanted(desk.kernel.state, ["KORD", "KMDW", "KORD"])
    assert ([row.id for row in wanted.stations], wanted.official) == (["KMDW", "KORD"], ("KMDW",))


def test_a_station_that_is_not_in_the_list_is_named() -> None:
    found = day()
    found.families[FAMILY] = replace(found.families[FAMILY], station="EGLC")
    assert following.wanted(found).unknown == ("EGLC",)
    assert following.wanted(found).stations == ()


def test_reports_are_kept_while_something_open_wants_them() -> None:
    kernel = Kernel()
    kernel.state = day()

    def kept(station: str, minute: int) -> bool:
        reading = Reading(
            station=StationId(station), measured_at=AT, kind=ReportKind.ROUTINE, source="IEM", raw=str(minute),
            temp_tenths_c=200 + minute,
        )  # fmt: skip
        return any(isinstance(e, Keep) for e in kernel.step(Observed(at=AT, reading=reading)))

    assert kept("KMDW", 1)
    assert not kept("KMDW", 1)
    assert not kept("KORD", 1)  # nobody asked: it is only shown
    for listing in kernel.state.listings.values():
        listing.status = "settled"
    assert not kept("KMDW", 2)
    kernel.state.listings[LOW].status = "open"
    assert kept("KMDW", 3)
