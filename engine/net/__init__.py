"""What every way to the network has in common, whichever service lies at its end."""
