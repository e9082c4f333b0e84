"""Tree (work tree, commit or dict) to model, positions kept; the only reader and writer of YAML.

Knows model and core; reads files and git objects, writes only what a caller hands it.
"""
