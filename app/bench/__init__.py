"""The project's own benchmarks, one module a family; `atmx bench` runs them."""
