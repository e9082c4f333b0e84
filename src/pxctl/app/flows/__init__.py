"""Workflows that cross rooms."""
