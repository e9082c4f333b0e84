"""Validation suites against real endpoints: evidence and a health score.

Knows providers and secrets; decides nothing about releases.
"""
