"""Pictures of a station's day: its dock in the morning and late in the afternoon, and the sheet from source to price.

Made by `scenes.py`. The simulated day and its venues are played into a real kernel as fast as it takes them; the
five-minute reports, which the demo's day has none of, are read off the same simulated air.
"""

import heapq

import resources
from engine.core.effects import Keep, Wake
from engine.core.events import Due, Kept, Observed, Opened
from engine.core.ids import MarketId, StationId
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import Snapshot, StationRow
from engine.core.units import MINUTE, SECOND, Nanos
from engine.core.when import instant
from engine.kernel.step import Kernel
from engine.sandbox import day as sandbox
from engine.sandbox import venues
from engine.sandbox.sky import minute_of
from engine.venues import registry
from engine.views import topics
from widgets.source_sheet import SourceSheet
from widgets.weather import StationPanel

MORNING = instant("2026-07-03T15:20:00Z")
AFTERNOON = instant("2026-07-03T22:24:00Z")
PLAYED = 90 * MINUTE
"""Of it before the picture: enough for trades, and for a run of the forecast."""
MIDWAY = StationId("KMDW")
FAMILY = MarketId("kalshi:KXHIGHCHI-26JUL03")


def played(until):
    """Return a kernel that has lived through the simulated day up to an instant."""
    rows = tuple(StationRow(**facts) for facts in resources.load_stations())
    start = Nanos(until - PLAYED)
    world = sandbox.build(sandbox.SEED, rows, start=start)
    kernel = Kernel()
    snapshot = Snapshot(
        profile="", mode="demo", account_name="paper", place=world.place, utc_offset_hours=world.utc_offset_hours,
        stations=rows, seed_cash=world.accounts, operators=world.operators, venues=registry.ROWS,
        salt="5ce7e5ce7e5c", beat=Nanos(60 * SECOND),
    )  # fmt: skip
    timers = []
    _do(kernel, Opened(at=start, snapshot=snapshot), timers)
    streams = (world.events(), venues.events(sandbox.SEED, start, rows), often(rows, start))
    for event in heapq.merge(*streams, key=lambda event: event.at):
        while timers and timers[0][0] <= min(event.at, until):
            due, what = heapq.heappop(timers)
            _do(kernel, Due(at=due, what=what), timers)
        if event.at > until:
            return kernel
        _do(kernel, event, timers)
    return kernel


def _do(kernel, event, timers):
    todo = [event]
    while todo:
        for effect in kernel.step(todo.pop(0)):
            if isinstance(effect, Wake):
                heapq.heappush(timers, (effect.due, effect.what))
            elif isinstance(effect, Keep) and effect.then:
                todo.append(Kept(at=event.at, what=effect.then))


def often(rows, start):
    """Yield Midway's five-minute reports of the simulated day: whole degrees Celsius, three minutes late."""
    sky = sandbox.skies(sandbox.SEED, rows)[0]
    index = next(i for i, row in enumerate(sky.region.stations) if row.id == MIDWAY)
    minute = sky.midnight(sky.local(minute_of(start))[0]) // 5 * 5 + 5
    while True:
        fahrenheit = int(sky.fahrenheit(index, minute - 1, minute)[-1])
        celsius = ((fahrenheit - 32) * 10 + 9) // 18
        at = Nanos(minute * MINUTE)
        reading = Reading(
            station=MIDWAY, measured_at=at, kind=ReportKind.FIVE_MINUTE, source="DEMO", raw=f"5-MIN {MIDWAY} {celsius}",
            temp_whole_c=celsius,
        )  # fmt: skip
        yield Observed(at=max(start, Nanos(at + 3 * MINUTE)), reading=reading)
        minute += 5


def pictures(folder, picture):
    """Take the pictures; `picture` draws a widget with views by topic and saves it."""
    for name, at in (("morning", MORNING), ("afternoon", AFTERNOON)):
        kernel = played(at)
        dock = StationPanel()
        dock.set_station(MIDWAY, FAMILY)
        shown = (topics.station(MIDWAY, FAMILY), topics.board(FAMILY))
        picture(dock, kernel, shown, (470, 660), folder / f"station-{name}.png")
    sheet = SourceSheet()
    members = kernel.state.families[FAMILY].members
    sheet.set_market(FAMILY, members[2])
    picture(sheet, kernel, (topics.source(FAMILY), topics.board(FAMILY)), (1120, 720), folder / "source-sheet.png")
