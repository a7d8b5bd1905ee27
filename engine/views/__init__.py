"""What the screen may know: frozen values, built by the kernel's `project`, drawn by widgets.

Money is `Decimal` in account currency, prices are ticks (0.0001) or `float` cents where they are averages,
probabilities are `float` in [0, 1], times are UTC nanoseconds. None is unknown and is drawn as a dash.
"""
