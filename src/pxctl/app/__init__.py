"""The command line, the wiring and the workflows across rooms.

Knows everything; the error boundary is here.
"""
