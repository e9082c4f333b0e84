"""A value has the right type and is not allowed: not one of the words, outside the range, not of the form, or empty.

Why: it would fail later, at the vendor or in a decision, where it is harder to see.

Example:
    status: activ
    max_fallbacks: 99

Fix: use one of the values that the finding names.
"""

from pxctl.model.finding import Severity

CODE = "PX0014"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
