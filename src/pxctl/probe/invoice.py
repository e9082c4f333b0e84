"""Renders a small invoice as a PNG, so that a model can be asked to read a number that stands nowhere else.

Glyphs are 5 x 7 pixels, drawn by hand for this file; the PNG is greyscale, one byte a pixel, written with zlib
(W3C PNG specification, third edition, sections 5 and 11).
"""

from __future__ import annotations

import struct
import zlib

_GLYPHS = {
    "0": "01110 10001 10011 10101 11001 10001 01110", "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111", "3": "11110 00001 00001 01110 00001 00001 11110",
    "4": "00010 00110 01010 10010 11111 00010 00010", "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110", "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110", "9": "01110 10001 10001 01111 00001 00010 01100",
    "A": "01110 10001 10001 11111 10001 10001 10001", "C": "01110 10001 10000 10000 10000 10001 01110",
    "D": "11110 10001 10001 10001 10001 10001 11110", "E": "11111 10000 10000 11110 10000 10000 11111",
    "I": "01110 00100 00100 00100 00100 00100 01110", "L": "10000 10000 10000 10000 10000 10000 11111",
    "M": "10001 11011 10101 10101 10001 10001 10001", "N": "10001 11001 10101 10011 10001 10001 10001",
    "O": "01110 10001 10001 10001 10001 10001 01110", "R": "11110 10001 10001 11110 10100 10010 10001",
    "S": "01111 10000 10000 01110 00001 00001 11110", "T": "11111 00100 00100 00100 00100 00100 00100",
    "U": "10001 10001 10001 10001 10001 10001 01110", "V": "10001 10001 10001 10001 10001 01010 00100",
    ".": "00000 00000 00000 00000 00000 01100 01100", "-": "00000 00000 00000 11111 00000 00000 00000",
    ":": "00000 01100 01100 00000 01100 01100 00000", " ": "00000 00000 00000 00000 00000 00000 00000",
}  # fmt: skip
SCALE = 6
MARGIN = 24
PAPER, INK = 255, 20


def invoice(number: str, total: str) -> bytes:
    """A PNG of an invoice with this number (digits and `-`) and total (digits and `.`)."""
    return render(("INVOICE", f"NO: {number}", "", "SERVICE    1", f"TOTAL: {total} EUR"))


def render(lines: tuple[str, ...]) -> bytes:
    """Lines of text as a PNG. Raises KeyError for a character that has no glyph."""
    columns = max(len(line) for line in lines)
    width = 2 * MARGIN + columns * 6 * SCALE
    rows: list[bytes] = [bytes([PAPER]) * width] * MARGIN
    for line in lines:
        for y in range(9):
            bits = "".join(_GLYPHS[char].split()[y] + "0" if y < 7 else "000000" for char in line.ljust(columns))
            row = b"".join(bytes([INK if bit == "1" else PAPER]) * SCALE for bit in bits)
            rows += [bytes([PAPER]) * MARGIN + row + bytes([PAPER]) * MARGIN] * SCALE
    rows += [bytes([PAPER]) * width] * MARGIN
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
