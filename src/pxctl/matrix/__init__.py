"""The read-only route-matrix snapshot: build, check, show.

Knows policy and model; calls no provider, reads no secret.
"""
