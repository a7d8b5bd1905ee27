"""Training of the short-horizon models: rows from recorded events, walk-forward fits, artifacts without a library."""
