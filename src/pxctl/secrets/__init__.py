"""One backend per reference scheme; hands out an opaque Secret.

Knows model and core; the only room that ever asks a secret store.
"""
