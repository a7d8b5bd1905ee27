"""What momentum leaves behind: what it saw of each event, for research, and what each order was decided on. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.core.units import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.instrument import Instrument
    from engine.strategies import bracket_momentum
    from engine.strategies.event_eye import Seen
    from engine.strategies.said import Want


def reasons(seen: Seen, j: int, want: Want, mine: bracket_momentum.Want | None) -> str:
    """Return in words what an order was decided on."""
    sample, sky = seen.brackets[j], seen.sky
    did = "buy" if want.side is Side.BUY else "sell"
    rests = "rest" if want.post_only else "take"
    parts = [f"{did} {want.qty} at {(want.price or 0) / 100:g}c, {rests}"]
    if mine is None or mine.choice is None:
        parts.append("to leave" if want.side is Side.SELL else "to move along")
    else:
        qty = max(mine.qty, 1)
        parts.append(f"resting {100 * mine.choice.maker / qty:+.1f}c, taking {100 * mine.choice.taker / qty:+.1f}c")
        if mine.chance is not None:
            parts.append(f"fill odds {100 * mine.chance:.0f} %")
    if want.fair is not None:
        parts.append(f"fair {100 * want.fair:.1f} %")
    parts.append(f"acceleration {seen.acceleration[j]:+.5f}, flow {sample.flow_30:+.0f}")
    parts.append(f"spike {sample.spike}, day's fastest {sample.fastest}")
    if sky is not None and sky.hazard_60 is not None:
        parts.append(f"hazard {100 * sky.hazard_60:.0f} %")
    return "; ".join(parts)


def features(members: Sequence[Instrument], seen: Seen) -> str:
    """Return what is seen of an event, bracket by bracket, with the age of the weather behind it."""
    sky, centre = seen.sky, seen.centre
    rows = []
    for j, (member, sample) in enumerate(zip(members, seen.brackets, strict=True)):
        motion = sample.motion
        rows.append(
            {
                "symbol": member.id.symbol, "bid": sample.bid, "ask": sample.ask, "mid": sample.mid,
                "v": None if motion is None or not motion.ok else motion.v,
                "a": None if motion is None or not motion.ok else motion.a,
                "flow_10": sample.flow_10, "flow_30": sample.flow_30, "queue": sample.queue, "micro": sample.micro,
                "volume": sample.volume, "buys": sample.buys, "sells": sample.sells,
                "weather": None if sky is None else sky.chances[j], "pool": _at(seen.pooled, j),
                "filter": _at(seen.fair, j), "ahead": _at(seen.ahead, j),
            }
        )  # fmt: skip
    found = {
        "sum_mid": seen.sum_mid, "mu": None if centre is None else centre.mean,
        "mu_v": None if centre is None else centre.speed, "mu_a": None if centre is None else centre.acceleration,
        "running": None if sky is None else sky.running, "hazard_5": None if sky is None else sky.hazard_5,
        "hazard_60": None if sky is None else sky.hazard_60,
        "gap": None if sky is None else sky.gap, "phase": None if sky is None else sky.phase or None,
        "report_age_s": None if sky is None or sky.at <= 0.0 else seen.at - sky.at, "brackets": rows,
    }  # fmt: skip
    return msgspec.json.encode(found).decode()


def _at(values: Sequence[float] | None, j: int) -> float | None:
    return None if values is None else values[j]
