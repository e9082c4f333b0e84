"""Text, JSON, SARIF, JUnit, GitHub, markdown, HTML.

Knows model alone; renders values, decides nothing.
"""
