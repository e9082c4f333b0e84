"""Recorded traffic and scenarios through the policy; comparisons.

Knows policy and model; reads trace files.
"""
