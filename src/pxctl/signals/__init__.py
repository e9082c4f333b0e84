"""Where measured facts live (SQLite), windows over them, telemetry out.

Knows model and core.
"""
