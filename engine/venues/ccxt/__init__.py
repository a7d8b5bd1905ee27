"""Any exchange by way of CCXT, an optional extra: the lowest common capability, with the library's faults guarded."""
