"""Commands without a window, one module each: `add` registers its parser, `run` does it."""
