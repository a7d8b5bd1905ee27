"""The strategy host: who is asked when, what becomes of what is said, and what each line of the registry earned."""
