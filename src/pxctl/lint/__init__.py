"""Rules from a loaded tree to findings.

Knows model, core and policy; does no input or output.
"""
