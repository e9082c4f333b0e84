"""One validation suite a file; `base.py` says what a suite is, `registry.py` finds them."""
