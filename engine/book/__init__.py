"""What the market looks like: books on integer ticks, trades, brackets side by side."""
