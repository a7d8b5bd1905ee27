"""Orders while nothing goes wrong: each kind does at every venue what it says, and both sides agree on it."""

from __future__ import annotations

from decimal import Decimal

from engine.core.commands import Amend, Cancel, CancelAll, Tif
from engine.core.ids import DERIBIT, DERIVE
from engine.core.order import Status
from engine.core.units import Leg, Qty, Side, Ticks
from tests.conformance.held import truthful
from tests.conformance.session import Session
from tests.conformance.venues import CONTRACTS, OUTCOMES, Entry, each

EACH = each()


def more(entry: Entry, there: Decimal) -> Decimal:
    """Return a size that is more than stands there."""
    return (there / entry.one).to_integral_value() * entry.one + entry.qty(25)


@EACH
def test_an_order_rests_and_is_cancelled(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        bid = here.listing(name).book.best_bid
        price = bid - 3 * here.step(name)
        order = await here.place(name, Side.BUY, price, entry.qty(12))
        await here.stands(order, Status.WORKING)
        (there,) = here.stage.working(entry)
        assert (there.price, there.qty, there.way) == (here.money(name, price), entry.qty(12), Side.BUY)
        await truthful(here, entry)
        await here.cancel(order)
        assert (order.status, here.stage.working(entry)) == (Status.CANCELED, [])
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_an_order_that_takes_is_filled_at_the_venues_price_and_fee(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        ask = here.listing(name).book.best_ask
        order = await here.place(name, Side.BUY, ask, entry.qty(10), tif=Tif.IOC)
        await here.stands(order, Status.FILLED)
        (there,) = here.stage.orders(entry)
        assert (order.cost, order.fee) == (there.cost, there.fee)
        assert order.fee > 0
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_what_an_immediate_order_leaves_is_cancelled(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        ask, there = here.best(name, Side.SELL)
        order = await here.place(name, Side.BUY, ask, more(entry, there), tif=Tif.IOC)
        await here.ends(order)
        assert (order.status, order.filled) == (Status.CANCELED, there)
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_all_or_nothing_is_nothing_where_there_is_not_all(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        ask, there = here.best(name, Side.SELL)
        killed = await here.place(name, Side.BUY, ask, more(entry, there), tif=Tif.FOK)
        await here.ends(killed)
        assert killed.status in {Status.REJECTED, Status.CANCELED}
        assert killed.why
        whole = await here.place(name, Side.BUY, ask, entry.qty(10), tif=Tif.FOK)
        await here.stands(whole, Status.FILLED)
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_a_post_only_order_rests_or_is_refused_in_words(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        book = here.listing(name).book
        crosses = await here.place(name, Side.BUY, book.best_ask, entry.qty(10), post_only=True)
        await here.ends(crosses)
        assert crosses.status is Status.REJECTED
        assert len(crosses.why.split()) > 2
        rests = await here.place(name, Side.BUY, book.best_bid, entry.qty(10), post_only=True)
        await here.stands(rests, Status.WORKING)
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_a_resting_order_fills_in_parts(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        book = here.listing(name).book
        order = await here.place(name, Side.BUY, book.best_ask - here.step(name), entry.qty(20))
        await here.stands(order, Status.WORKING)
        here.others(name, Side.SELL, order.place.price, entry.qty(8))
        await here.stands(order, Status.PARTIAL)
        await here.until(lambda: order.filled == entry.qty(8))
        here.others(name, Side.SELL, order.place.price, entry.qty(12))
        await here.stands(order, Status.FILLED)
        assert order.filled == entry.qty(20)
        await truthful(here, entry)

    play(entry, scenario)


@each(OUTCOMES)
def test_no_is_bought_and_sold_again(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        bid = here.listing(name).book.best_bid
        bought = await here.place(name, Side.BUY, 10_000 - bid, 10, leg=Leg.NO, tif=Tif.IOC)
        await here.stands(bought, Status.FILLED)
        assert here.held(entry) == {(name, Leg.NO): 10}
        await truthful(here, entry)
        await here.until(lambda: here.agrees(entry))
        ask = here.listing(name).book.best_ask
        sold = await here.place(name, Side.SELL, 10_000 - ask, 10, leg=Leg.NO, tif=Tif.IOC)
        await here.stands(sold, Status.FILLED)
        assert here.held(entry) == {}
        await truthful(here, entry)

    play(entry, scenario)


@each(CONTRACTS, always=(DERIBIT, DERIVE))
def test_a_contract_is_held_long_turned_short_and_bought_back(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        for side, number, held in (
            (Side.BUY, 10, {(name, Leg.YES): entry.qty(10)}),
            (Side.SELL, 25, {(name, Leg.NO): entry.qty(15)}),
            (Side.BUY, 15, {}),
        ):
            price, _ = here.best(name, Side.SELL if side is Side.BUY else Side.BUY)
            through = 4 * here.step(name) * (1 if side is Side.BUY else -1)  # the best price alone may have too little
            order = await here.place(name, side, price + through, entry.qty(number), tif=Tif.IOC)
            await here.stands(order, Status.FILLED)
            assert here.held(entry) == held
            assert order.fee > 0
            await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_an_amendment_moves_the_order_in_one_request_or_by_way_of_a_cancel(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        bid = here.listing(name).book.best_bid
        to = bid - here.step(name)
        order = await here.place(name, Side.BUY, bid - 2 * here.step(name), entry.qty(20))
        await here.stands(order, Status.WORKING)
        here.ask(Amend(order=order.id, price=Ticks(to), qty=Qty(entry.qty(15))))
        if entry.amends:
            await here.until(lambda: order.place.price == to)
        else:
            await here.stands(order, Status.CANCELED)
            await here.until(lambda: len(list(here.register)) == 2)
            await here.stands(list(here.register)[1], Status.WORKING)
        (there,) = here.stage.working(entry)
        assert (there.price, there.qty) == (here.money(name, to), entry.qty(15))
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_all_orders_are_cancelled_at_once(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        bid = here.listing(name).book.best_bid
        orders = [await here.place(name, Side.BUY, bid - n * here.step(name), entry.qty(10 + n)) for n in range(5)]
        await here.until(lambda: all(one.status is Status.WORKING for one in orders))
        here.ask(CancelAll())
        await here.ends(*orders)
        assert here.stage.working(entry) == []
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_a_cancel_follows_its_order_however_soon_it_is_asked(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        order = await here.place(name, Side.BUY, here.listing(name).book.best_bid - here.step(name), entry.qty(10))
        here.ask(Cancel(order=order.id))
        await here.ends(order)
        # taken back while it waits for the disk it is cancelled, while it waits in its gateway it is refused, unsent
        assert order.status in ({Status.CANCELED} if here.stage.placed(entry) else {Status.CANCELED, Status.REJECTED})
        assert here.stage.working(entry) == []
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_two_clicks_of_one_intent_are_one_order(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        price = here.listing(name).book.best_bid - here.step(name)
        first = await here.place(name, Side.BUY, price, entry.qty(10), intent="once")
        again = await here.place(name, Side.BUY, price, entry.qty(10), intent="once")
        assert again is first
        await here.stands(first, Status.WORKING)
        assert len(here.stage.placed(entry)) == 1
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_what_the_account_cannot_pay_is_rejected_in_words(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        here.stage.truth(entry).impoverish()  # behind our back, since the last picture
        order = await here.place(name, Side.BUY, here.listing(name).book.best_bid, entry.qty(50))
        await here.ends(order)
        assert order.status is Status.REJECTED
        assert len(order.why.split()) > 2
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_a_paused_market_takes_no_order_and_says_so(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        price = here.listing(name).book.best_bid - here.step(name)
        here.stage.truth(entry).pause(name)
        order = await here.place(name, Side.BUY, price, entry.qty(10))
        await here.ends(order)
        assert order.status in {Status.REFUSED, Status.REJECTED}
        assert len(order.why.split()) > 2
        await truthful(here, entry)

    play(entry, scenario)
