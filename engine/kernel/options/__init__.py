"""Options, futures and perpetuals in the kernel: what they are worth, their greeks, their stress and their chains."""
