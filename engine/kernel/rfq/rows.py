"""Quotes, trades and every step of them as rows of the ledger. `traces` is the event log: one search finds a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.core.effects import Row
from engine.kernel.rfq.memory import Step
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.rfq import TradeRow
    from engine.kernel.rfq.memory import Asked, Made
    from engine.kernel.state import State

LONGEST = 400
"""Characters of what is told of a step; venues are not trusted to be brief."""
_json = msgspec.json.Encoder(decimal_format="string")


def quote(trace: str, made: Made) -> Row:
    """Return the row of a quote as it stands."""
    return Row(
        "rfq_quotes",
        {
            "client": made.quote.client, "trace": trace, "at": made.at, "status": made.status,
            "body": _json.encode(made.quote).decode(),
            "sums": None if made.sums is None else _json.encode(made.sums).decode(),
        },
    )  # fmt: skip


def trade(row: TradeRow) -> Row:
    """Return the row of a trade as it stands."""
    return Row(
        "rfq_trades",
        {
            "key": row.key, "trace": row.trace, "client": row.client, "at": row.at, "state": row.state,
            "body": _json.encode(row).decode(),
        },
    )  # fmt: skip


def step(state: State, trace: str, what: str, text: str) -> Row:
    """Return the row of one step."""
    return Row("traces", {"seq": None, "trace": trace, "at": state.now, "what": what, "text": text[:LONGEST]})


def note(state: State, asked: Asked, what: str, text: str) -> None:
    """Put a step into a request's history, in the state and on disk."""
    asked.steps.append(Step(state.now, what, text[:LONGEST]))
    state.out.keep((step(state, asked.trace, what, text),))
    state.out.dirty(topics.RFQ, topics.rfq_chain(asked.trace))
