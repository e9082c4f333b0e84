"""`python -m pxctl`."""

from pxctl.app.main import main

main()
