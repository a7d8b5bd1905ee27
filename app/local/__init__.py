"""Metrics, health and the local API: HTTP on 127.0.0.1, off unless the settings ask for it."""
