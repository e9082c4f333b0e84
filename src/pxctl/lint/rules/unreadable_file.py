"""A file of the configuration cannot be read, or must not be: no permission, no regular file, a link that leaves the
repository or points to itself, or a file that changes while it is read.

Why: skipping it in silence would lint, plan and publish something else than what is in git.

Example:
    providers/openai.yaml -> /etc/pxctl/openai.yaml

Fix: replace it with a plain, readable file inside the repository.
"""

from pxctl.model.finding import Severity

CODE = "PX0008"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
