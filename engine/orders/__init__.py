"""Orders in flight."""
