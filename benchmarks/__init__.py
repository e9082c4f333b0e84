"""Us and the peers, side by side in one run. `python -m benchmarks [NAME...]` prints the tables."""
