"""A `# pxctl: ignore` comment takes out nothing.

Why: the fault was mended and the comment stayed, or it stands on the wrong line; it would hide the next fault.

Example:
    priority: 10   # pxctl: ignore PX0401 no price yet

Fix: remove it, or put it on the line that the finding names (or alone on the line above).
"""

from pxctl.model.finding import Severity

CODE = "PX0091"
FAMILY = "structure"
SEVERITY = Severity.WARNING
SCOPE = "reader"
FIXABLE = True
