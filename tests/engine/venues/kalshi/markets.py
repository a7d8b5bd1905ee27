"""Market objects of our own making, as the venue would send them."""

from __future__ import annotations

import msgspec

from engine.venues.kalshi.wire_markets import EventData, Market, Series

AT = 1_790_000_000_000_000_000
CENTS = [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}]
RULES = (
    "If the maximum temperature recorded at New York City (CLINYC) for Aug 29, 2026, is {} fahrenheit according to "
    "The Weather Company, then the market resolves to Yes."
)


def market(ticker: str, **fields) -> dict:
    return {
        "ticker": ticker,
        "event_ticker": "KXHIGHNY-26AUG29",
        "status": "active",
        "open_time": "2026-08-28T14:00:00Z",
        "close_time": "2026-08-30T05:00:00Z",
        "price_ranges": CENTS,
        "result": "",
        "expiration_value": "",
        "a_field_of_tomorrow": {"x": [1]},
        **fields,
    }


def brackets(**fields) -> list[dict]:
    """81 or below, 82 to 83, … 88 to 89, 90 or above; out of order, as the venue may send them."""
    day = "KXHIGHNY-26AUG29"
    middle = [
        market(
            f"{day}-B{low}.5", strike_type="between", floor_strike=low, cap_strike=low + 1,
            yes_sub_title=f"{low}° to {low + 1}°", rules_primary=RULES.format(f"between {low} and {low + 1} deg"),
            **fields,
        )
        for low in (88, 82, 86, 84)
    ]  # fmt: skip
    top = market(f"{day}-T89", strike_type="greater", floor_strike=89, yes_sub_title="90° or above", **fields)
    bottom = market(f"{day}-T82", strike_type="less", cap_strike=82, yes_sub_title="81° or below", **fields)
    return [*middle, top, bottom]


def event(markets: list[dict] | None = None, **fields) -> EventData:
    return msgspec.convert(
        {
            "event_ticker": "KXHIGHNY-26AUG29",
            "series_ticker": "KXHIGHNY",
            "title": "Highest temperature in NYC on Aug 29?",
            "mutually_exclusive": True,
            "category": "Climate and Weather",
            "settlement_sources": [{"name": "The Weather Company", "url": "https://weather.com/kalshi"}],
            "markets": brackets() if markets is None else markets,
            **fields,
        },
        EventData,
    )


def series(**fields) -> Series:
    return msgspec.convert({"ticker": "KXHIGHNY", "fee_type": "quadratic", "fee_multiplier": 1, **fields}, Series)


def parsed(found: dict) -> Market:
    return msgspec.convert(found, Market)
