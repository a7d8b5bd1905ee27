"""What the trader sees. Panels draw immutable views and emit intents; they hold no market state."""
