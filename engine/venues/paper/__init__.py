"""Paper trading on any venue: its live market, a simulated gateway."""
