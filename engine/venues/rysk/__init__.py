"""Rysk: options that takers sell, fully collateralised; makers answer requests with signed quotes."""
