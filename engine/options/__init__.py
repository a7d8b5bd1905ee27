"""The options desk's reckoning: quotes, yields, hedges, limits. Pure; nothing here asks or sends."""
