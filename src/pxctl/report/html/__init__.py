"""Self-contained HTML pages with charts: no script, no font, no request to anywhere.

Knows the models alone, like the rest of report.
"""
