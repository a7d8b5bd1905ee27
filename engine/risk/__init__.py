"""What may not happen."""
