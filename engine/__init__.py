"""The market: everything but pixels. Never imports Qt.

The laws
--------
1. One writer. The kernel alone changes what the engine knows, in ``step(event) -> effects``, one event at a time.
2. Everything is an event: a frame, a fill, a weather reading, a timer, the trader's click. Each carries ``at``;
   the kernel has no other clock.
3. The kernel touches nothing. What it wants done it returns as effects. So the same kernel runs live, on paper,
   in replay and in a backtest.
4. Same journal, same effects. No wall clock, no ``uuid4``, no unseeded chance, no set order in what decides.
   Replay compares digests.
5. Messages are never changed once made.
6. Nothing reaches a gateway unapproved. ``Submit`` holds an ``Approved``; only ``risk.gates`` makes one.
7. Unknown is not no. An order whose answer was lost stays in flight until the venue's own account settles it.
   It is never repeated.
8. What we own is on disk before we say so (embedded trades, settlements, payouts, order intents). What venues own
   may lag.
9. The screen asks. The engine says which view is out of date, the frame clock fetches it at most once a frame.
   Widgets hold no market state.
10. Numbers keep their kind: ``int`` ticks in books, ``Decimal`` in money, ``float64`` in opinions; each border is
    one function.
"""
