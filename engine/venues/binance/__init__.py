"""Binance spot: what others trade at; no orders of ours, no keys."""
