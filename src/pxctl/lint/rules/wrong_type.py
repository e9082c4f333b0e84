"""A value has another type than its field: text where a number is expected, one value where a list is.

Why: guessing what was meant (is `yes` true? is `"10"` ten?) is how
configurations mean different things to different tools.

Example:
    enabled: yes
    priority: "10"

Fix: write the value as the finding says; in YAML 1.2 `yes`, `no`, `on` and `off` are text.
"""

from pxctl.model.finding import Severity

CODE = "PX0013"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
FIXABLE = True
