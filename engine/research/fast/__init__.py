"""The fast path: a backtest's books, queues, fills and fees compiled, with the same fills as the paper gateways'."""
