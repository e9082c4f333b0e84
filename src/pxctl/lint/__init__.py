"""Rules over a loaded tree: findings with a place and a way out.

Knows model and policy; pure: what it needs to know of the world arrives as a value.
"""
