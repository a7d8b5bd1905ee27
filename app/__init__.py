"""The program: wires the parts, owns the Qt life cycle. The only place that knows every other part."""

__version__ = "0.1.0"
