"""Computed columns of the markets tree and of watchlists: a module a column, found by being here."""
