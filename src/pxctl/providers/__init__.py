"""One adapter per kind; vendor errors become ours here, at one seam.

Knows model and core; speaks HTTP to the endpoint that it is given.
"""
