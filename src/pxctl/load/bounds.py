"""How much one file may ask of us; all bounds hold before anything is composed."""

from __future__ import annotations

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_ALIASES = 1_000
MAX_NODES = 200_000
"""Values in one file after every alias has been written out."""
MAX_DIGITS = 30
"""Digits of one number; 64-bit integers have 19."""
MAX_FAULTS = 1_000
"""Faults of one file that are told; nobody reads more, and each costs its place."""
TOO_MANY = f"the file has more than {MAX_FAULTS:,} faults; the rest is not told"
"""What is said in place of the others."""
