"""What recorded days teach: models fitted to them, rules measured on them. Nothing of it runs in the terminal."""
