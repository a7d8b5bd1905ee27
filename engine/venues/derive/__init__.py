"""Derive, third version: options, perpetuals and spot against USDC; every order is signed as an EIP-712 action."""
