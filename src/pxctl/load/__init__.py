"""Files to model and back: trees, bounded YAML and JSON with positions, schemas, the catalogue.

Knows core and model; the only reader and writer of YAML.
"""
