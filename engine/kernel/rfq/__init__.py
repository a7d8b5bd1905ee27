"""Requests for quotes: priced from the hedge venue's book, answered, booked when taken, hedged."""
