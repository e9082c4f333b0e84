"""Compile a configuration once, then decide one request, many, or all of them.

Knows model and core; no clock, no random, no network, no environment.
"""
