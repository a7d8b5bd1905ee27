"""What is measured is a quote that the venue would take: every request is answered, by our key."""

from __future__ import annotations

import json

from app.bench import rfq
from engine.sandbox.servers.rysk import _signer
from engine.venues.rysk.endpoints import DEMO


def test_each_request_ends_in_a_quote_signed_by_our_key(monkeypatch) -> None:
    path = rfq.Path()
    frame = json.loads(path.answer(path.request()))
    assert frame["method"] == "quote"
    assert _signer(DEMO, frame["params"]) == path.wallet.address.lower()
    monkeypatch.setattr(rfq, "ROUNDS", 4)
    figure = rfq.rfq_to_quote()
    assert (figure["unanswered"], figure["n"]) == (0, 4)
