"""Traffic in, comparison out: recorded requests, seeded populations, faults, replays, and what a change would do.

Knows the compiled policy, the models and core; reads traces and nothing else.
"""
