"""The file asks for more than is read: 1 MiB, 64 levels, 1,000 aliases, 200,000 values, 30 digits, or a number
that is not finite.

Why: small files can unfold into gigabytes; the bounds hold before anything is composed.

Example:
    a: &a [x, x, x]
    b: &b [*a, *a, *a]   # and so on

Fix: split the file, write values out, or put digits that are no number in quotes.
"""

from pxctl.model.finding import Severity

CODE = "PX0006"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
