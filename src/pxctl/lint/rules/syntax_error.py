"""The file is not YAML (or, if it ends in `.json`, not JSON).

Why: nothing in it can be read, so nothing in it takes effect.

Example:
    models: [gpt-4.1

Fix: mend the place that the finding names; text that holds `: ` or ` #`, or starts with one of
`[]{}&*!|>%@`, needs quotes. Indent with blanks, not with tabs. docs/yaml.md says what of YAML is read.
"""

from pxctl.model.finding import Severity

CODE = "PX0001"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
