"""The outside world, simulated."""
