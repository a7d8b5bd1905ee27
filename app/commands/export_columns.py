"""The columns of every table of `atmx export`: an empty one has them too, so that who reads it finds its header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(columns.split())
    for name, columns in {
        "orders": "id intent at venue symbol side leg price qty budget tif origin tag status filled average fee edge "
        "why mode",
        "fills": "trade_id order_id at venue symbol side leg price qty cost fee realised slippage tag",
        "order-journal": "order_id at who venue symbol side leg price qty fair market edge book_age report_age reason "
        "average filled fee later close paid settled_at note tags",
        "settlement-notes": "market at note",
        "positions": "market title status outcome leg qty cost average realised fees last_trade_at venue",
        "settlements": "seq code_version contract contract_id detail evidence market observed_value outcome payouts "
        "reason ruled_by settled_at spread stations supersedes threshold title unit winner paid prev hash body",
        "statement": "day_utc account opening_cash deposits trades fees settlements other closing_cash fills "
        "realised_fifo open_at_cost unrealised_at_marks marked_at",
        "realised": "method account venue symbol leg qty acquired_utc disposed_utc how basis proceeds gain acquired_ns "
        "disposed_ns",
        "features": "family at strategy body",
        "observations": "station measured_at kind source raw body",
        "archive": "station measured_at kind source raw body known_at",
        "minutes": "station at source temp_f dew_f wind_kt gust_kt rain suspect",
        "gaps": "station source opens closes why",
        "statements": "station day source issued_at body known_at",
        "journal": "seq at kind event digest",
    }.items()
}
