"""What to do: each strategy looks and says what it would do, or why it does nothing. They do not know each other."""
