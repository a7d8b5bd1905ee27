"""Levels of parts change while the program runs; the log of events has an order's life in order, and no market's."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest

from app.loglevels import ENTRY, FILE, EventLog, Levels
from app.setting_store import Store
from engine.core.commands import Place
from engine.core.events import Accepted, Asked, BookDelta, Filled
from engine.core.ids import KALSHI, InstrumentId, OrderId, VenueOrderId
from engine.core.units import Lots, Money, Nanos, Qty, Side, Ticks


def test_a_part_gets_the_level_that_is_asked_for_and_its_own_back() -> None:
    one, other = logging.getLogger("engine.venues.kalshi"), logging.getLogger("engine.host")
    levels = Levels()
    before = other.level
    levels.use(("engine.venues=debug", "engine.host=error"))
    assert one.isEnabledFor(logging.DEBUG)
    assert not other.isEnabledFor(logging.WARNING)
    levels.use(("engine.venues=debug",))
    assert other.level == before
    levels.end()
    assert logging.getLogger("engine.venues").level == logging.NOTSET


def test_the_settings_say_them_and_a_bad_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[log]\nlevels = ["engine.net=debug"]\n')
    store, levels = Store(file), Levels()
    levels.follow(store)
    assert logging.getLogger("engine.net").isEnabledFor(logging.DEBUG)
    levels.end()
    assert re.fullmatch(ENTRY, "engine=info")
    for bad in ("engine", "engine=loud", "=debug", "Engine=info", "engine=debug; x"):
        assert not re.fullmatch(ENTRY, bad)


def test_one_search_finds_an_orders_life_in_order(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    instrument = InstrumentId(KALSHI, "KXHIGHCHI-26JUL03-B83.5")
    place = Place(instrument=instrument, side=Side.BUY, qty=Qty(1), intent="api:o-000007")
    order = OrderId("o-000007")
    log.hear(Asked(at=Nanos(1), command=place, pressed_at=Nanos(1)))
    log.hear(BookDelta(at=Nanos(2), instrument=instrument, side=Side.BUY, price=Ticks(1), lots=Lots(1)))
    log.hear(Accepted(at=Nanos(3), order=order, venue_order=VenueOrderId("v")))
    log.hear(Filled(at=Nanos(4), order=order, trade_id="t", price=Money(1), qty=Qty(1), cost=Money(1), fee=Money(0)))
    log.close()
    lines = (tmp_path / FILE).read_text().splitlines()
    found = [json.loads(line) for line in lines if "o-000007" in line]
    assert [line["type"] for line in found] == ["Asked", "Accepted", "Filled"]
    assert len(lines) == 3


def fail(secret: str) -> None:
    raise ConnectionError(f"key {secret} was refused")


@pytest.mark.parametrize("secret", ["canary-0123456789abcdef0123456789"])
def test_p27_an_error_in_the_log_has_its_operation_and_stack_and_no_secret(tmp_path: Path, secret: str) -> None:
    from app.logs import open_logs
    from app.redact import secrets

    secrets.hide(secret)
    with open_logs(tmp_path, stream=None):
        try:
            fail(secret)
        except ConnectionError:
            logging.getLogger("engine.venues.kalshi").exception(
                "an order failed", extra={"operation": "submit", "order": "o-000007", "api_key": secret}
            )
    secrets.forget(secret)
    (line,) = [json.loads(text) for text in (tmp_path / "atmx.jsonl").read_text().splitlines()]
    assert (line["operation"], line["order"], line["level"]) == ("submit", "o-000007", "error")
    assert "ConnectionError" in line["exception"]
    assert "test_loglevels" in line["exception"]
    assert secret not in json.dumps(line)
