"""Kalshi event contracts: brackets of a day's high, and whatever else has a YES and a NO."""
