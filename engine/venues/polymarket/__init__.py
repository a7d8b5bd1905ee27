"""Polymarket: its order book (CLOB v2), its catalogue (Gamma) and its index of positions (Data API)."""
