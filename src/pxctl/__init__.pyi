from pxctl.router import Router as Router

__version__: str
