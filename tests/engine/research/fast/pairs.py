"""The same orders over the same events through the paper gateways' simulator and through the kernels."""

from __future__ import annotations

import random
from decimal import Decimal

import numpy as np

from engine.core.commands import Place, Tif
from engine.core.effects import Approved, Look, Replace, Submit, Withdraw
from engine.core.events import BookDelta, BookSnapshot, Canceled, Expired, Filled, Listed, Rejected, Trade
from engine.core.ids import OrderId
from engine.core.instrument import Known, Payoff
from engine.core.units import SECOND, Leg, Nanos, Qty, Side
from engine.host.backtest import MARKET
from engine.orders.simulate import Simulator
from engine.research.fast import layout, packing, scripts
from tests.engine.research.fast import kernels

AFTER = 3_600 * SECOND
TIFS = (Tif.GTC, Tif.GTC, Tif.GTD, Tif.IOC, Tif.FOK)
SAID = {Filled: layout.FILLED, Canceled: layout.CANCELED, Expired: layout.EXPIRED, Rejected: layout.REJECTED}


def simulated(events, asked, venue, fast):
    """Fills of a script, as the simulator of the paper gateways tells them."""
    one = Simulator(venue, random.Random(fast.seed).random, fast.latency, touch=fast.touch)
    answers, done, latest = [], 0, 0
    for n, event in enumerate(events):
        while done < len(asked) and asked[done].after <= n:
            answers += one.step(asked[done].what, asked[done].at)
            done += 1
        latest = max(latest, event.at)
        if isinstance(event, MARKET):
            answers += one.step(event, latest)
    for rest in asked[done:]:
        answers += one.step(rest.what, rest.at)
    answers += one.due(latest + AFTER)
    return [scripts.told(answer, answer.at) for answer in answers if type(answer) is Filled]


def both(events, venue, fast, wanted):
    """Fills of a script by simulator and by kernels; `wanted` makes the script."""
    packed = packing.pack(events, venue)
    asked = scripts.by_hand(events, wanted)
    orders = [one.what.order.place for one in asked if type(one.what) is Submit]
    if any(one.payoff is not Payoff.BINARY for one in packed.instruments):
        packer = packing.Packer(venue)
        for event in events:
            packer.take(event)
        moved = [(one.what.known.instrument, one.what.price) for one in asked if type(one.what) is Replace]
        packed = packer.done([(place.instrument, place.price or 0) for place in orders] + moved)
    return simulated(events, asked, venue, fast), kernels.running.script(packed, asked, fast, AFTER)


def at_random(events, venue, seed, count, qtys=(1, 5, 20, 75, 300, 2_000)):
    """Orders near the touch, of every kind, withdrawn and moved and asked after: a script that meets every rule."""
    rng = random.Random(seed)
    until = events[-1].at
    times = sorted(rng.randrange(events[0].at, until) for _ in range(count))
    known, last, live, wanted, k = {}, {}, [], [], 0
    for number, at in enumerate(times):
        while k < len(events) and events[k].at <= at:
            _look(events[k], venue, known, last)
            k += 1
        if not known:
            continue
        if rng.random() < 0.65 or not live:
            place = _place(rng, at, list(known.values()), last, until, qtys)
            live.append((OrderId(f"o{number}"), place))
            wanted.append((at, Submit(order=Approved(order=live[-1][0], place=place, gates=(), client=f"c{number}"))))
        else:
            wanted.append((at, _change(rng, at, *rng.choice(live[-30:]))))
    return wanted


def _look(event, venue, known, last):
    if type(event) is Listed:
        known.update({one.id: one for one in event.instruments if one.id.venue == venue})
    elif type(event) is BookSnapshot:
        last[event.instrument] = tuple(side[0][0] if side else None for side in (event.bids, event.asks))
    elif type(event) in (BookDelta, Trade):
        last[event.instrument] = (event.price, event.price)


def _place(rng, at, known, last, until, qtys):
    open_now = [one for one in known if (one.closes or until) > at and one.id in last] or known
    terms = rng.choice(open_now)
    step, binary = terms.grid[0].step, terms.payoff is Payoff.BINARY
    top = int(1 / terms.unit) if binary else 1 << 30
    near = rng.choice(last.get(terms.id, (None, None))) or rng.randrange(1, 99) * step
    price = min(max(near + rng.randrange(-3, 4) * step, step), top - step)
    leg = rng.choice(list(Leg)) if binary else Leg.YES
    tif = rng.choice(TIFS)
    free = tif in (Tif.IOC, Tif.FOK) and rng.random() < 0.3
    return Place(
        instrument=terms.id, side=rng.choice(list(Side)), leg=leg, qty=Qty(Decimal(rng.choice(qtys)) * terms.least),
        price=None if free else price if leg is Leg.YES else top - price, tif=tif,
        until=Nanos(at + rng.randrange(SECOND, 900 * SECOND)) if tif is Tif.GTD else None,
        post_only=rng.random() < 0.2 and tif is Tif.GTC,
    )  # fmt: skip


def _change(rng, at, order, place):
    known = Known(
        client="", order=order, instrument=place.instrument, side=place.side, leg=place.leg, price=place.price,
        qty=place.qty, filled=Qty(Decimal(0)), sent_at=at,
    )  # fmt: skip
    kind = rng.random()
    if kind < 0.5 or place.price is None:
        return Withdraw(order=order, known=known)
    if kind < 0.92:
        price = place.price + rng.randrange(-2, 3) * 100
        price = min(max(price, 100), 9_900) if place.price < 10_000 else price
        return Replace(known=known, price=price, qty=Qty(place.qty * rng.choice((Decimal("0.5"), 1, 2, 7))))
    return Look(venue=place.instrument.venue)


def ruled(events, venue, fast, rule):
    """Fills of a rule whose orders the simulator matches."""
    rules = kernels.rules
    one = Simulator(venue, random.Random(fast.seed).random, fast.latency, touch=fast.touch)
    names = {}
    t = np.zeros((200_000, layout.COLUMNS), np.int64)
    first, count, latest, fills, early = 1_000, 0, 0, [], []
    t[:first, [layout.WORKS, layout.WORKS_SELL]] = -1

    def learn(answers):
        for answer in answers:
            if type(answer) in SAID and answer.at <= latest:
                lots = int(answer.qty / terms(answer.order).lot) if type(answer) is Filled else 0
                rules.learn(t, int(answer.order), SAID[type(answer)], lots)
            if type(answer) is Filled:
                fills.append(scripts.told(answer, answer.at))

    def terms(order):
        return one.market(list(names)[t[int(order), layout.ONE] - 1]).instrument

    for event in events:
        latest = max(latest, event.at)
        if not isinstance(event, MARKET):
            continue
        learn(early + one.step(event, latest))
        early = []
        for found in event.instruments if type(event) is Listed else ():
            if found.id.venue == venue:
                names.setdefault(found.id, len(names) + 1)
        name = getattr(event, "instrument", None)
        market = one.market(name)
        if market is None or market.status != "open" or market.stale:
            continue
        bid, ask = market.book.best_bid or 0, market.book.best_ask or 0
        lots = [market.book.lots(side, price) if price else 0 for side, price in ((Side.BUY, bid), (Side.SELL, ask))]
        if not rules.decide(t, rule, names[name], latest, bid, ask, *lots):
            continue
        for side in range(2):
            want = t[0, layout.WANTS + side]
            if want == rules.TAKE_BACK:
                order = OrderId(str(t[names[name], layout.WORKS + side]))
                early += one.step(Withdraw(order=order), latest)
            elif want == rules.PLACE:
                i = first + count
                count += 1
                rules.order(t, i, rule, names[name], side)
                early += one.step(_submit(t[i], str(i), market.instrument), latest)
    fills += [scripts.told(answer, answer.at) for answer in early + one.due(latest) if type(answer) is Filled]
    return fills


def _submit(row, name, terms):
    leg = Leg.NO if row[layout.LEG] else Leg.YES
    price = int(row[layout.PRICE]) if leg is Leg.YES else int(1 / terms.unit) - int(row[layout.PRICE])
    place = Place(
        instrument=terms.id, side=Side.SELL if row[layout.SIDE] else Side.BUY, leg=leg, price=price,
        qty=Qty(int(row[layout.TOTAL]) * terms.lot), tif=Tif.GTC if row[layout.TIF] == layout.GTC else Tif.IOC,
        post_only=bool(row[layout.POST]),
    )  # fmt: skip
    return Submit(order=Approved(order=OrderId(name), place=place, gates=(), client=""))
