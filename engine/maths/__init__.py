"""Pure functions of numbers: no state, no clock, no I/O."""
