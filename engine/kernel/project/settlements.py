"""The settlement queue, the records, and the lamp of their chain."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import UnsetType

from engine.core.ids import YOU, embedded
from engine.core.units import Leg, Money, Qty
from engine.kernel.project import names, terms
from engine.kernel.settling import evidence, told_of
from engine.oracle.resolve import provisional
from engine.oracle.rules import TEMPERATURE_SPREAD_K, share, share_apart
from engine.views.weather import RecordLine, SettlementLine, SettlementsView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.contract import Contract, StationValue, Verdict
    from engine.exchange.market import Market
    from engine.kernel.state import State

RECORDS: Final = 200
OVER: Final = 40
"""Markets that are over and still listed."""


def view(state: State) -> SettlementsView:
    """Return what waits, what is disputed and what has settled, and the newest records."""
    markets = list(state.exchange.markets.values())
    waiting = [m for m in markets if m.status not in {"settled", "void"}]
    over = [m for m in markets if m.status in {"settled", "void"}]
    order = {"disputed": 0, "closed": 1, "open": 2}
    waiting.sort(key=lambda m: (order.get(m.status, 3), m.contract.closes))
    over.sort(key=lambda m: -(m.record or 0))
    return SettlementsView(
        queue=tuple(_line(state, m) for m in (*waiting, *over[:OVER])),
        records=tuple(
            RecordLine(
                seq=row.seq,
                at=row.at,
                name=row.title,
                outcome=row.verdict.outcome,
                hash=row.hash,
                prev=row.prev,
                supersedes=row.supersedes,
            )
            for row in reversed(state.settlements[-RECORDS:])
        ),
        chain=_lamp(state),
        chain_text=_chain(state),
        count=state.settlements_gone + len(state.settlements),
        operator=state.operator(),
    )


def _lamp(state: State) -> str:
    session = state.session
    if not session.chain_ok:
        return "broken"
    return "verified" if session.chain_records == state.chain_next else "checking"


def _chain(state: State) -> str:
    if not state.session.chain_ok:
        return "The stored records do not verify."
    session = state.session
    if session.chain_records is None:
        return f"{state.chain_next} records; not recomputed from the disk in this session"
    proved = "no checkpoint" if session.chain_proved is None else f"checkpoint proves {session.chain_proved}"
    return f"{session.chain_records} of {state.chain_next} records recomputed from the disk, {proved}"


def _line(state: State, market: Market) -> SettlementLine:
    contract = market.contract
    unsaid = f"settled:{market.id}:{market.record}" in state.released  # what it came to is not on disk yet
    status = "closed" if unsaid else market.status
    final = None if unsaid else told_of(state, market.id)
    verdict = final or provisional(contract, evidence(state, market), state.now)
    row = next((r for r in reversed(state.settlements) if r.market == market.id), None)
    instrument = embedded(market.id, 0)
    position = _net(state, market)
    noted = state.market_notes.get(market.id)
    over = status in {"settled", "void"}
    said = verdict.detail if final is not None else state.waiting.get(market.id, verdict.detail)
    return SettlementLine(
        market=market.id,
        name=contract.title,
        rule=names.rule(contract),
        closes=contract.closes,
        observed=_observed(market, verdict),
        outcome=_word(status, verdict),
        reason=(verdict.reason or "") if final is not None else "",
        source=" ".join(filter(None, (said, state.contested.get(market.id)))),
        steps=0 if row is None or status == "disputed" else 3 if over else 1,
        payout=row.paid if row is not None and over else None,
        held=_held(state, market) if status == "disputed" else None,
        stations=tuple(row for value in verdict.stations for row in _rows(contract, value)),
        apart=tuple(far for value in verdict.stations for far in _apart(contract, verdict.value, value)),
        spread=_spread(contract, verdict),
        record=None if row is None else row.seq,
        instrument=instrument,
        position=position,
        outcomes=contract.outcomes if status == "disputed" or market.id in state.contested else (),
        note="" if noted is None else noted.note,
        noted_at=None if noted is None else noted.at,
    )


def _rows(contract: Contract, value: StationValue) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield what a station measured, and below it each source that the contract names."""
    shown = _value(contract, value.value)
    note = value.note or ("used" if value.used else "not used")
    yield value.id, names.number(value.km), f"{value.reports}/{value.expected}", shown, note
    for one in () if isinstance(value.sources, UnsetType) else value.sources:
        name = f"{value.id} {one.name.value.replace('_', ' ')}"
        yield name, "", f"{one.reports}/{one.expected}", _value(contract, one.value), one.note


def _apart(contract: Contract, mean: Decimal | None, value: StationValue) -> Iterator[float | None]:
    """Yield how far a station lies from what all come to, and nothing for each of its sources."""
    far: float | None = None
    if mean is not None and value.value is not None and value.used:
        far = float(value.value - mean)
        if contract.metric not in terms.TEMPERATURES:
            far = far / float(mean) if mean else None
    yield far
    if not isinstance(value.sources, UnsetType):
        yield from (None for _ in value.sources)


def _spread(contract: Contract, verdict: Verdict) -> str:
    """Return how far the stations lie apart beside what is allowed, as the oracle measures it."""
    if verdict.spread is None:
        return ""
    if contract.metric in terms.TEMPERATURES:
        return f"{float(verdict.spread):.1f} K apart, {float(TEMPERATURE_SPREAD_K):.1f} K allowed"
    apart = share_apart(verdict.spread, over=verdict.reason == "conflict")
    return f"{apart} of their mean apart, {share(contract.max_spread)} allowed"


def _value(contract: Contract, value: Decimal | None) -> str:
    return "—" if value is None else f"{names.number(value)} {names.UNITS[contract.unit]}"


def _observed(market: Market, verdict: Verdict) -> str:
    if verdict.value is None:
        return "—"
    return f"{names.number(verdict.value)} {names.UNITS[market.contract.unit]}"


def _word(status: str, verdict: Verdict) -> str:
    if status == "disputed":
        return "DISPUTED"
    if status in {"settled", "void"}:
        return verdict.outcome
    if status == "closed":
        return "WAITING"
    return "OPEN"


def _net(state: State, market: Market) -> Qty:
    total = Decimal(0)
    for _, leg, position in state.book.of_market(market.id):
        total += position.qty if leg is Leg.YES else -position.qty
    return Qty(total)


def _held(state: State, market: Market) -> Money:
    """Return what of ours stays in escrow: the cost of our shares."""
    return Money(sum((p.cost for p in market.stakes.get(YOU, ())), Decimal(0)))
