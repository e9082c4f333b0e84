"""pxctl governs model providers and model routing from a git repository."""

__version__ = "0.1.0"
