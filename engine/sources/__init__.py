"""Weather data from outside."""
