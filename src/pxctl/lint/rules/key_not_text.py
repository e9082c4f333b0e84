"""A key of a mapping is not text.

Why: in JSON all keys are text; `1:` and `"1":` would be two keys for one loader and one for another.

Example:
    options: {1: yes}

Fix: put the key in quotes.
"""

from pxctl.model.finding import Severity

CODE = "PX0009"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
