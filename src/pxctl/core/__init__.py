"""Errors, places, time, ids, digests and bucketing.

Knows the standard library alone; does no input or output.
"""
