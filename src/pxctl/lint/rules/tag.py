"""A tag (`!...`) or a directive (`%...`) is used.

Why: tags make loaders build other things than text, numbers and lists; the dialect is the same everywhere without them.

Example:
    timeout_ms: !!int "30000"

Fix: remove it; put text that looks like a number in quotes.
"""

from pxctl.model.finding import Severity

CODE = "PX0004"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
