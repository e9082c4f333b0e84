"""Frozen values: the configuration language, and all that rooms hand each other.

Knows core and pydantic; does no input or output.
"""
