"""Deribit: options, futures and perpetuals on coins, inverse and USDC-linear."""
