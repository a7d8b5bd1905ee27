from __future__ import annotations

import pytest

from app.bench import option_screen, stage
from engine.core.events import BookDelta


@pytest.mark.usefixtures("qapp")
def test_books_of_the_chain_change_below_the_workspace_of_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "MEASURED_S", 1.0)
    monkeypatch.setattr(stage, "SETTLING_S", 0.2)
    heard: list[BookDelta] = []

    def watched(folder):
        one = option_screen.Stage(folder)
        one.session.host.listen(lambda event: heard.append(event) if isinstance(event, BookDelta) else None)
        assert one.window.current().name == "Options"
        return one

    found = stage.loaded(watched)
    assert found.frames
    assert found.slices
    assert found.busy
    assert len({event.instrument for event in heard if event.instrument.venue == "deribit"}) >= option_screen.LEAST
    assert found.traded == [], "no order of ours is in this load"
