"""A performance trace: spans of a running program as Perfetto reads them, bounded, and nothing of it while off."""

from __future__ import annotations

import gc
import json
import random
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.setting_store import Store
from app.trace import KEPT, SPOTS, Recording, Tracing
from engine.core.errors import Unavailable
from engine.core.events import ChainChecked
from engine.core.ids import KALSHI
from engine.core.units import Nanos
from engine.kernel.step import Kernel
from engine.venues.link import Link
from tests.app.program import CALM, program
from widgets.controls import FlatButton


def methods() -> list[Any]:
    """Return every method that a recording puts a span around, as it is now."""
    return [getattr(import_module(s.module), s.owner).__dict__[s.method] for s in SPOTS]


@pytest.mark.limit(30.0)
async def test_a_program_is_traced_from_the_socket_side_to_paint_and_disk(loop, tmp_path: Path) -> None:
    before = methods()
    async with program(tmp_path, *CALM) as one:
        await one.ready()
        one.window.registry.run("window.trace")
        assert one.terminal.tracing.on
        host = one.terminal.session.host  # type: ignore[union-attr]
        stepped: list[object] = []
        host.listen(stepped.append)
        ours = ChainChecked(at=Nanos(host.clock.now()), ok=True, records=0, proved=None)
        host.emit(ours)
        await one.until(lambda: ours in stepped)
        one.window.repaint()
        gc.collect()
        await one.until(lambda: not one.terminal.session.writer.waiting)  # type: ignore[union-attr]
        await one.breathe(0.3)
        one.window.registry.run("window.trace")
        assert methods() == before
        file = next(one.profile.logs.glob("trace-*.json"))
    document = json.loads(file.read_text())
    spans = [event for event in document["traceEvents"] if event["ph"] == "X"]
    assert {"event", "step", "queue", "effects", "disk", "frame clock", "paint", "memory"} <= {s["cat"] for s in spans}
    inside(spans)
    threads = {event["tid"]: event["args"]["name"] for event in document["traceEvents"] if event["ph"] == "M"}
    assert {threads[s["tid"]] for s in spans if s["cat"] == "disk"} == {"store-writer"}
    assert (document["otherData"]["spans"], document["otherData"]["left_out"]) == (len(spans), 0)


def inside(spans: list[dict[str, Any]]) -> None:
    """See the step and the effects of an event lie in it, one after the other."""
    step = next(s for s in spans if s["name"] == "step ChainChecked")
    event = next(s for s in spans if s["name"] == "ChainChecked" and s["ts"] <= step["ts"])
    effects = next(s for s in spans if s["cat"] == "effects" and s["ts"] >= step["ts"])
    assert event["ts"] <= step["ts"]
    assert step["ts"] + step["dur"] <= effects["ts"]
    assert effects["ts"] + effects["dur"] <= event["ts"] + event["dur"] + 0.01


def test_a_frame_from_a_socket_is_a_span_of_its_venue_and_channel(qapp) -> None:
    class Silent:
        def frame(self, raw: bytes, at: Nanos) -> tuple[()]:
            return ()

    link = Link(KALSHI, "market", Silent(), lambda: Nanos(1), random.Random(1))  # type: ignore[arg-type]
    recording = Recording()
    assert link._take(b"{}", Nanos(1), lambda _event: True)
    spans = [event for event in json.loads(recording.end())["traceEvents"] if event["ph"] == "X"]
    assert [(span["name"], span["cat"]) for span in spans if span["cat"] == "frame"] == [
        ("frame kalshi market", "frame")
    ]


def test_only_the_newest_spans_are_kept_and_the_rest_is_counted(qapp) -> None:
    recording, kernel = Recording(room=3), Kernel()
    for at in range(10):
        kernel.step(ChainChecked(at=Nanos(at), ok=True, records=0, proved=None))
    document = json.loads(recording.end())
    assert document["otherData"]["spans"] == 3
    assert document["otherData"]["left_out"] >= 7


def test_a_span_ends_where_its_work_failed_and_a_widget_paints_as_before(qtbot) -> None:
    button, kernel = FlatButton("Trace"), Kernel()
    qtbot.addWidget(button)
    button.resize(80, 22)
    plain = button.grab().toImage()
    recording = Recording()
    with pytest.raises(AttributeError):
        kernel.step(None)  # type: ignore[arg-type]
    traced = button.grab().toImage()
    names = [event["name"] for event in json.loads(recording.end())["traceEvents"]]
    assert {"step NoneType", "paint FlatButton"} <= set(names)
    assert plain == traced == button.grab().toImage()


def test_the_setting_switches_it_and_few_files_are_kept(qapp, tmp_path: Path) -> None:
    said: list[str] = []
    store, tracing = Store(tmp_path / "settings.toml"), Tracing(tmp_path / "logs", said.append)
    tracing.follow(store)
    assert not tracing.on
    for _ in range(KEPT + 2):
        store.set("log.trace", "on")
        assert tracing.on
        store.set("log.trace", "off")
        assert not tracing.on
    files = sorted((tmp_path / "logs").iterdir())
    assert len(files) == KEPT
    assert str(files[-1]) in said[-1]


def test_a_file_that_is_there_is_not_written_over_and_one_that_cannot_be_is_told(qapp, tmp_path: Path) -> None:
    assert cli._parser([]).parse_args(["--trace", "a.json"]).trace == Path("a.json")
    said: list[str] = []
    tracing = Tracing(tmp_path, said.append)
    (tmp_path / "a.json").write_text("mine")
    with pytest.raises(Unavailable, match="never written over"):
        tracing.begin(tmp_path / "a.json")
    tracing.begin(tmp_path / "none" / "b.json")
    tracing.follow(Store(tmp_path / "settings.toml"))
    assert tracing.on
    tracing.end()
    assert "was not written" in said[-1]
    tracing.end()
    assert len(said) == 1
