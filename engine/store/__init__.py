"""What is remembered: ledgers, journals, the chain's checkpoint, and the one thread that writes them."""
