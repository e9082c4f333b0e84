"""Other gateways' configuration to ours, and back.

Knows model, core and load's writer.
"""
