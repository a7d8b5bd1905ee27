"""The simulated venues over HTTP and WebSocket."""
