"""From readings to payouts: resolve, seal, pay, all in one transaction.

The record, the market's new state and every payment are written together: after a crash there is either the whole
settlement or none of it, and none means the attempt is made again on the same readings. What is missing is waited
for, longer each time; what conflicts is disputed at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.contract import Verdict
from engine.core.effects import Level
from engine.core.ids import YOU, MarketId, embedded
from engine.core.snapshot import SettlementRow
from engine.core.units import MINUTE, NO_MONEY, Leg, Money, Nanos
from engine.exchange.answers import Payout
from engine.kernel import journal, resting, results, rows, taping
from engine.kernel.state import Release
from engine.oracle import chain
from engine.oracle.awaited import awaited
from engine.oracle.resolve import resolve
from engine.oracle.sources import counts
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.core.commands import Resettle, Rule
    from engine.core.effects import AnyRow
    from engine.core.ids import StationId
    from engine.core.reading import Reading
    from engine.exchange.answers import CashMove
    from engine.exchange.market import Market
    from engine.kernel.state import Heard, State
    from engine.portfolio.book import Book
    from engine.portfolio.position import Position

BACK_OFF: Final = tuple(Nanos(m * MINUTE) for m in (10, 20, 40, 80, 160))
"""Waits between attempts while evidence is missing; then the market is disputed."""
UNSEALED: Final = "the settlement log does not verify: nothing is settled or ruled until it does"
MISSING: Final = frozenset({"no_stations", "outage", "min_stations", "min_sources", "coverage", "provisional"})
"""Reasons that a late report can cure."""
STILL: Final = "Its evidence has changed since, and still disputes it"


def evidence(state: State, market: Market) -> Mapping[StationId, tuple[Reading, ...]]:
    """Return the reports that a market's stations made over its window, with what services say against each other."""
    contract = market.contract
    found = {s.id: state.observed.heard(s.id, contract.opens, contract.closes) for s in contract.stations}
    return {station: tuple(r for r in readings if counts(market.contract, r)) for station, readings in found.items()}


def attempt(state: State, market: MarketId) -> None:
    """Settle a closed market if its readings decide it, and nothing that counts before them may come; else wait."""
    found = state.exchange.markets.get(market)
    if found is None or found.status != "closed":
        return
    if not state.session.chain_ok:
        _hold_back(state, found)
        return
    told = evidence(state, found)
    verdict = resolve(found.contract, told)
    missing = verdict.detail if verdict.reason in MISSING else awaited(found.contract, told, verdict)
    if not missing or not _wait(state, found):
        finish(state, found, verdict)
        return
    state.waiting[market] = missing
    state.out.dirty(topics.SETTLEMENTS)


def _hold_back(state: State, market: Market) -> None:
    """Settle nothing on a log that does not verify: no record could follow it, and what was paid would not be kept."""
    state.waiting[market.id] = UNSEALED
    state.out.wake(Nanos(state.now + BACK_OFF[0]), f"settle:{market.id}")
    state.out.dirty(topics.SETTLEMENTS)


def _wait(state: State, market: Market) -> bool:
    """Wait for what is missing; False once every wait was had, in whichever sessions.

    The first attempt of a session that found a market waiting is not counted: nothing could be fetched yet.
    """
    tried = state.attempts.get(market.id, 0)
    if tried and market.id not in state.waiting:
        state.out.wake(Nanos(state.now + BACK_OFF[0]), f"settle:{market.id}")
        return True
    if tried >= len(BACK_OFF):
        return False
    state.attempts[market.id] = tried + 1
    state.out.keep((rows.attempts(market.id, tried + 1),))
    state.out.wake(Nanos(state.now + BACK_OFF[tried]), f"settle:{market.id}")
    return True


def rule(state: State, asked: Rule) -> None:
    """Decide a market by hand: a new record that names the one it replaces."""
    market = _for_operator(state, asked.by, asked.market, {"disputed", "settled", "void"}, asked.why)
    if market is None:
        return
    outcomes = market.contract.outcomes
    if asked.winner is not None and not 0 <= asked.winner < len(outcomes):
        state.out.notice(Level.WARN, f"{market.contract.title} has no outcome {asked.winner}", "RULING")
        return
    last = resolve(market.contract, evidence(state, market))
    verdict = Verdict(
        outcome="VOID" if asked.winner is None else outcomes[asked.winner],
        winner=asked.winner,
        reason="ruling",
        detail=f"Ruled by {asked.by}: {asked.why.strip()}",
        value=last.value,
        stations=last.stations,
        spread=last.spread,
    )
    finish(state, market, verdict, ruled_by=str(asked.by))


def resettle(state: State, asked: Resettle) -> None:
    """Settle a disputed market again on the readings known now; nothing is written where nothing changed."""
    market = _for_operator(state, asked.by, asked.market, {"disputed"}, "again")
    if market is None:
        return
    told = evidence(state, market)
    verdict, last = resolve(market.contract, told), _last(state, market)
    same = last is not None and (verdict.outcome, verdict.reason) == (last.verdict.outcome, last.verdict.reason)
    if last is not None and same and last.proof == chain.proof(chain.evidence(market.contract, told)):
        text = f"{market.contract.title}: nothing changed since record {last.seq}. {verdict.detail}"
        state.out.notice(Level.INFO, text, "UNCHANGED", market.id)
        return
    finish(state, market, verdict)


def _last(state: State, market: Market) -> SettlementRow | None:
    """Return the last record of a market, on disk or on its way there."""
    waiting = (told.settled for told in state.released.values() if told.settled is not None)
    rows = (row for row in (*waiting, *reversed(state.settlements)) if row.market == market.id)
    return next((row for row in rows if row.seq == market.record), None)


def contest(state: State, market: Market) -> None:
    """Say where a market that was decided, or disputed, comes to something else by the reports that are known now.

    What is paid stays paid, and a dispute stays one until an operator settles it again. A ruling was made by a person
    who may have known better, and is left alone.
    """
    told = told_of(state, market.id)
    if told is None or told.reason == "ruling":
        return
    before, text = state.contested.pop(market.id, ""), _later(state, market, told)
    if text:
        state.contested[market.id] = text
    if text and text != before and not (text.startswith(STILL) and before.startswith(STILL)):
        was = "is disputed" if market.status == "disputed" else f"was settled {told.outcome}"
        may = "settle it again, or rule" if market.status == "disputed" else "rule"
        state.out.notice(
            Level.WARN, f"{market.contract.title} {was}. {text} An operator may {may}.", "LATE_REPORT", market.id
        )


def contest_again(state: State, markets: Iterable[Market]) -> None:
    """Know again which of these markets a report of an earlier session spoke against; that session said so."""
    for market in markets:
        told = told_of(state, market.id)
        text = _later(state, market, told) if told is not None and told.reason != "ruling" else ""
        if text:
            state.contested[market.id] = text


def _later(state: State, market: Market, told: Verdict) -> str:
    """Return what the reports known now make of a market that is over; empty where that is no other than was told."""
    known = evidence(state, market)
    if not any(known.values()):
        return ""
    now = resolve(market.contract, known)
    if market.status == "disputed" and now.outcome == "DISPUTED":
        last = _last(state, market)
        proven = last is None or last.proof in {"", chain.proof(chain.evidence(market.contract, known))}
        return "" if proven else f"{STILL}: {now.detail}"
    if (now.outcome, now.winner) == (told.outcome, told.winner) or now.reason in MISSING:
        return ""
    return f"A later report makes it {now.outcome}: {now.detail}"


def told_of(state: State, market: MarketId) -> Verdict | None:
    """Return what the last record of a market says; None before there is one."""
    newest = (row.verdict for row in reversed(state.settlements) if row.market == market)
    return state.verdicts.get(market) or next(newest, None)


def _for_operator(state: State, by: str, market: MarketId, within: set[str], why: str) -> Market | None:
    found = state.exchange.markets.get(market)
    if not state.operator(by):  # type: ignore[arg-type]
        text = "only an operator may rule or settle again; take the operator's role first"
    elif found is None:
        text = state.exchange.ended(market) or f"market {market} is not known"
    elif found.status not in within:
        text = f"{found.contract.title} is {found.status}; only {' or '.join(sorted(within))} markets can be ruled"
    elif not why.strip():
        text = "a ruling needs its reason"
    elif not state.session.chain_ok:
        text = UNSEALED
    else:
        return found
    state.out.notice(Level.WARN, text, "RULING", market)
    return None


def finish(state: State, market: Market, verdict: Verdict, ruled_by: str | None = None) -> None:
    """Move the money, seal the record, and write both together."""
    supersedes = market.record
    moves: tuple[CashMove, ...] = ()
    kept: tuple[AnyRow, ...] = ()
    heard: tuple[Heard, ...] = ()
    if market.status in {"settled", "void"}:
        back = state.exchange.reverse(market.id, state.now)
        moves += back.moves
        kept, heard = resting.ousted(state, back.ousted, "a ruling took the cash back that it needed")
        results.refresh(state, *dict.fromkeys(one.market for one in back.ousted), market.id)
    payouts: tuple[Payout, ...] = ()
    if verdict.outcome == "DISPUTED":
        state.exchange.dispute(market.id, state.now)  # its orders went when it closed
    else:
        done = state.exchange.settle(market.id, verdict.winner, state.now)
        moves += done.moves
        payouts = done.payouts
    sealed, proof = _seal(state, market, verdict, payouts, supersedes, ruled_by)
    market.record = sealed.seq
    state.verdicts[market.id] = verdict
    state.waiting.pop(market.id, None)
    state.contested.pop(market.id, None)
    then = f"settled:{market.id}:{sealed.seq}"
    moved_cash = rows.cash(moves, state.now)
    state.out.keep((rows.settlement(sealed), rows.market(market), *moved_cash, *kept), then=then)
    ours = sum((p.amount for p in payouts if p.account == YOU), NO_MONEY)
    row = SettlementRow(
        seq=sealed.seq,
        prev=sealed.prev,
        hash=sealed.hash,
        at=state.now,
        market=market.id,
        title=market.contract.title,
        verdict=verdict,
        paid=Money(ours),
        supersedes=supersedes,
        proof=proof if verdict.outcome == "DISPUTED" else "",
    )
    positions = () if verdict.outcome == "DISPUTED" else settled_positions(market)
    moved = Money(sum((m.amount for m in moves if m.account == YOU), NO_MONEY))
    state.released[then] = Release(settled=row, market=market.id, positions=positions, cash=moved, heard=heard)
    results.refresh(state, market.id)
    state.out.dirty(topics.SETTLEMENTS)


def _seal(
    state: State,
    market: Market,
    verdict: Verdict,
    payouts: tuple[Payout, ...],
    supersedes: int | None,
    ruled_by: str | None,
) -> tuple[chain.Sealed, str]:
    """Return the record of a verdict and the hash of its evidence."""
    body = chain.payload(
        contract=market.contract,
        market=market.id,
        verdict=verdict,
        readings=evidence(state, market),
        settled_at=state.now,
        payouts=[(p.account, p.amount) for p in payouts],
        supersedes=supersedes,
        ruled_by=ruled_by,
    )
    sealed = chain.seal(state.chain_next, state.chain_head, body)
    state.chain_next, state.chain_head = sealed.seq + 1, sealed.hash
    return sealed, chain.proof(body["evidence"])


def release(state: State, told: Release) -> None:
    """A settlement is on disk: pay into our book and say so."""
    row = told.settled
    if row is None:
        return
    resting.release(state, told)
    market = state.exchange.markets[row.market]
    into_book(state.book, market.id, told.positions)
    journal.market_settled(state, market.id, row.verdict.winner)
    state.settlements.append(row)
    results.refresh(state, market.id)
    state.remember(results.point(state))
    level = Level.WARN if row.verdict.outcome == "DISPUTED" else Level.INFO
    paid = f", pays you ${row.paid:.2f}" if row.paid else ""
    back = row.paid - told.cash
    if back:
        paid += f", takes back from you ${back:.2f} that the record before had paid"
    state.out.notice(level, f"{row.title}: {row.verdict.outcome}{paid}. {row.verdict.detail}", "SETTLED", row.market)
    state.out.dirty(*taping.ACCOUNT_VIEWS, topics.SETTLEMENTS)
    taping.moved(state, market.id)


def settled_positions(market: Market) -> tuple[Position, ...]:
    """Return what a settlement made of our positions: of outcome i, YES at 2i and NO at 2i + 1."""
    return tuple(market.stakes.get(YOU, ()))


def into_book(book: Book, market: MarketId, positions: tuple[Position, ...]) -> None:
    """End our positions in a market as its settlement did."""
    for index, position in enumerate(positions):
        instrument, leg = embedded(market, index // 2), Leg.NO if index % 2 else Leg.YES
        if position != book.get(instrument, leg):
            book.settle(instrument, leg, position)
