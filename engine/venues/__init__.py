"""Adapters to markets. The shells are thin; every `wire.py` and `sign.py` is pure."""
