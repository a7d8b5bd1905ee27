"""What the sandbox's Derive says: instruments, books, tickers, orders, trades, positions, in the venue's own words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.sandbox.servers.derive_market import CASH, COIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.sandbox.servers.derive_floor import Floor
    from engine.sandbox.servers.derive_market import Contract
    from engine.sandbox.servers.derive_order import Account, Fill, Order

Json = dict[str, Any]
MS: Final = 1_000_000
FOREVER: Final = (1 << 63) - 1
DEPTH: Final = 20
ZERO: Final = Decimal(0)


def text(value: Decimal) -> str:
    """Return a number as the venue writes it: plain digits, none behind that say nothing."""
    plain = f"{value:f}"
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) or "0"


def real(value: float) -> str:
    """Return a figure to five places, as greeks come."""
    return text(Decimal(repr(round(value, 8))))


def side(buys: bool) -> str:
    """Return a direction."""
    return "buy" if buys else "sell"


def instrument(one: Contract, floor: Floor, now_s: int) -> Json:
    """Return an instrument's description."""
    settled = floor.settled.get(one.expiry_s)
    option = one.kind == "option"
    live = one.name not in floor.paused and (not option or now_s < one.expiry_s)
    return {
        "instrument_type": one.kind, "instrument_name": one.name, "scheduled_activation": 0,
        "scheduled_deactivation": one.expiry_s or FOREVER, "is_active": live,
        "tick_size": text(one.tick), "minimum_amount": text(one.least), "maximum_amount": text(one.most),
        "amount_step": text(one.step), "mark_price_fee_rate_cap": "0.125" if option else None,
        "maker_fee_rate": text(one.maker), "taker_fee_rate": text(one.taker), "base_fee": text(one.base_fee),
        "base_currency": COIN, "quote_currency": CASH, "risk_universe_id": 1,
        "option_details": {
            "index": f"{COIN}-USD", "expiry": one.expiry_s, "strike": text(one.strike),
            "option_type": "C" if one.call else "P", "settlement_price": None if settled is None else text(settled),
        } if option else None,
        "perp_details": {
            "index": f"{COIN}-USD", "max_rate_per_hour": "0.004", "min_rate_per_hour": "-0.004",
            "aggregate_funding": "0", "funding_rate": "0.0000125",
        } if one.kind == "perp" else None,
        "erc20_details": {
            "decimals": 18, "underlying_erc20_address": one.asset, "borrow_index": "1", "supply_index": "1",
        } if one.kind == "erc20" else None,
        "base_asset_address": one.asset, "base_asset_sub_id": str(one.sub_id), "pro_rata_fraction": "0",
        "fifo_min_allocation": "0", "pro_rata_amount_step": "1",
    }  # fmt: skip


def book(floor: Floor, name: str, number: int, at: int, depth: int = DEPTH) -> Json:
    """Return a whole book."""
    bids, asks = floor.levels(name)

    def shown(levels: Sequence[tuple[Decimal, Decimal]]) -> list[list[str]]:
        return [[text(price), text(amount)] for price, amount in levels[:depth]]

    return {
        "instrument_name": name, "timestamp": at // MS, "publish_id": number, "bids": shown(bids),
        "asks": shown(asks),
    }  # fmt: skip


def slim(floor: Floor, one: Contract, at: int) -> Json:
    """Return a slim ticker."""
    bids, asks = floor.levels(one.name)
    (bid, bids_there), (ask, asks_there) = [(levels or [(ZERO, ZERO)])[0] for levels in (bids, asks)]
    found = floor.mark(one)
    least, most = max(one.tick, found.price - found.index / 2), found.price + found.index / 2
    return {
        "t": at // MS, "A": text(asks_there), "a": text(ask), "B": text(bids_there), "b": text(bid),
        "M": text(found.price), "I": text(found.index), "f": "0.0000125" if one.kind == "perp" else None,
        "minp": text(least), "maxp": text(most),
        "stats": {"c": "0", "h": "0", "l": "0", "n": 0, "oi": "0", "p": "0", "pr": "0", "v": "0"},
        "option_pricing": {
            "d": real(found.delta), "g": real(found.gamma), "v": real(found.vega), "t": real(found.theta), "r": "0",
            "i": "0.6", "ai": "0.61" if ask else "0", "bi": "0.59" if bid else "0", "f": text(found.forward),
            "m": text(found.price), "df": "1",
        } if one.kind == "option" else None,
    }  # fmt: skip


def printed(fill: Fill, floor: Floor) -> Json:
    """Return a trade as everybody sees it; its direction is the taker's."""
    found = floor.mark(fill.contract)
    return {
        "trade_id": fill.id, "instrument_name": fill.contract.name, "timestamp": fill.at // MS,
        "trade_price": text(fill.price), "trade_amount": text(fill.amount), "mark_price": text(found.price),
        "index_price": text(found.index), "direction": side(fill.buys), "quote_id": fill.quote, "rfq_id": fill.rfq,
    }  # fmt: skip


def order(one: Order) -> Json:
    """Return an order as its owner sees it."""
    return {
        "subaccount_id": one.account, "order_id": one.id, "instrument_name": one.contract.name,
        "direction": side(one.buys), "label": one.label, "quote_id": None, "creation_timestamp": one.made_at // MS,
        "last_update_timestamp": one.changed_at // MS, "limit_price": text(one.price), "amount": text(one.amount),
        "filled_amount": text(one.filled), "average_price": text(one.spent / one.filled) if one.filled else "0",
        "order_fee": text(one.fees), "order_type": "limit", "time_in_force": one.tif, "order_status": one.status,
        "max_fee": text(one.max_fee), "signature_expiry_sec": one.expiry_s, "nonce": str(one.nonce),
        "signer": one.signer, "signature": one.signature, "cancel_reason": one.reason, "mmp": one.mmp,
        "is_transfer": False, "replaced_order_id": one.replaced, "trigger_type": None, "trigger_price_type": None,
        "trigger_price": None, "trigger_reject_message": None, "signed_limit_price": None, "extra_fee": "0",
        "algo_type": None, "algo_duration_sec": None, "algo_num_slices": None, "algo_slices_completed": None,
    }  # fmt: skip


def trade(fill: Fill, floor: Floor) -> Json:
    """Return a fill as its owner sees it."""
    found = floor.mark(fill.contract)
    return {
        "subaccount_id": fill.account, "order_id": "" if fill.order is None else fill.order.id,
        "instrument_name": fill.contract.name, "direction": side(fill.buys), "label": fill.label,
        "quote_id": fill.quote, "rfq_id": fill.rfq, "trade_id": fill.id, "timestamp": fill.at // MS,
        "mark_price": text(found.price), "index_price": text(found.index), "trade_price": text(fill.price),
        "trade_amount": text(fill.amount), "liquidity_role": "maker" if fill.maker else "taker",
        "realized_pnl": "0", "realized_pnl_excl_fees": "0", "is_transfer": False, "batch_status": None,
        "trade_fee": text(fill.fee), "expected_rebate": "0", "tx_hash": None, "op_uuid": fill.operation,
        "extra_fee": "0",
    }  # fmt: skip


def positions(owner: Account, floor: Floor) -> list[Json]:
    """Return an account's options and perpetuals."""
    rows = []
    for name, amount in owner.positions.items():
        one = floor.contracts[name]
        found, average = floor.mark(one), owner.average[name]
        value, gain = amount * found.price, amount * (found.price - average)
        rows.append({
            "instrument_type": one.kind, "instrument_name": name, "amount": text(amount),
            "amount_step": text(one.step), "average_price": text(average), "average_price_excl_fees": text(average),
            "creation_timestamp": 0, "cumulative_funding": "0", "pending_funding": "0", "leverage": None,
            "liquidation_price": None, "mark_price": text(found.price), "index_price": text(found.index),
            "mark_value": text(value), "unrealized_pnl": text(gain), "unrealized_pnl_excl_fees": text(gain),
            "realized_pnl": "0", "realized_pnl_excl_fees": "0", "total_fees": "0", "net_settlements": "0",
            "delta": real(found.delta * float(amount)), "gamma": real(found.gamma * float(amount)),
            "vega": real(found.vega * float(amount)), "theta": real(found.theta * float(amount)),
            "initial_margin": "0", "maintenance_margin": "0", "open_orders_margin": "0",
        })  # fmt: skip
    return rows


def collaterals(owner: Account, floor: Floor) -> list[Json]:
    """Return an account's dollars and coins."""
    coins = [(CASH, owner.cash, Decimal(1)), *([(COIN, owner.coins, floor.index.spot)] if owner.coins else [])]
    return [
        {
            "asset_name": name, "asset_type": "erc20", "currency": name, "amount": text(amount), "amount_step": "0.01",
            "mark_price": text(price), "mark_value": text(amount * price), "average_price": text(price),
            "average_price_excl_fees": text(price), "creation_timestamp": 0, "cumulative_interest": "0",
            "pending_interest": "0", "delta": text(amount), "delta_currency": name, "realized_pnl": "0",
            "realized_pnl_excl_fees": "0", "total_fees": "0", "unrealized_pnl": "0", "unrealized_pnl_excl_fees": "0",
            "initial_margin": text(amount * price), "maintenance_margin": text(amount * price),
            "open_orders_margin": "0",
        }
        for name, amount, price in coins
    ]  # fmt: skip


def subaccount(owner: Account, floor: Floor) -> Json:
    """Return everything of a subaccount."""
    coins, free = collaterals(owner, floor), text(floor.money.free(owner.id))
    value = text(sum((Decimal(row["mark_value"]) for row in coins), ZERO))
    return {
        "subaccount_id": owner.id, "label": "", "manager_id": 1, "risk_universe_id": 1, "margin_type": "SM",
        "currency": [COIN], "is_under_liquidation": False, "failed_to_fetch": False, "mm_credits": "0",
        "subaccount_value": value, "initial_margin": free, "maintenance_margin": free, "open_orders_margin": "0",
        "positions_value": "0", "positions_initial_margin": "0", "positions_maintenance_margin": "0",
        "collaterals_value": value, "collaterals_initial_margin": value, "collaterals_maintenance_margin": value,
        "projected_margin_change": "0", "collaterals": coins, "positions": positions(owner, floor),
        "open_orders": [order(one) for one in floor.open_of(owner.id)], "vault_deposit_holds": [],
    }  # fmt: skip


def page(rows: Sequence[Any], asked: Json) -> tuple[list[Any], Json]:
    """Return one page of a listing, and how many there are."""
    size = min(max(int(asked.get("page_size") or 100), 1), 1_000)
    number = max(int(asked.get("page") or 1), 1)
    count = {"count": len(rows), "num_pages": max(-(-len(rows) // size), 1)}
    return list(rows[(number - 1) * size : number * size]), count
