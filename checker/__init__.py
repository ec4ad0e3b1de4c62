"""Decide, per architecture, whether a racing read can be torn."""

__version__ = "0.1.0"
