"""A key stands twice in one mapping.

Why: loaders keep the first or the last in silence, and different loaders keep different ones.

Example:
    priority: 10
    priority: 20

Fix: keep one of the two.
"""

from pxctl.model.finding import Severity

CODE = "PX0002"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
