"""speech: a sentence becomes a WAV that is audio, is not silent, and lasts long enough to be that sentence."""

from __future__ import annotations

import struct

from pxctl.model.provider import ModelSpec
from pxctl.probe.caller import Caller, CheckFailedError

SENTENCE = "The quick brown fox jumps over the lazy dog."
SHORTEST_S = 0.8
"""Nobody says the sentence in less."""
QUIETEST = 0.001
"""Root mean square, as a share of full scale; digital silence is 0."""


class Speech:
    """Text to audio."""

    name = "speech"

    def applies(self, model: ModelSpec) -> bool:
        """Models that answer audio to text."""
        return "text" in model.modality.input and "audio" in model.modality.output

    async def run(self, call: Caller) -> str:
        """One sentence."""
        reply = await call.speak(SENTENCE)
        seconds, loudness = measure(reply.audio)
        call.tally.measured |= {"seconds": round(seconds, 3), "rms": round(loudness, 6)}
        if seconds < SHORTEST_S:
            raise CheckFailedError("too_short", f"the audio lasts {seconds:.2f} s, too short for the sentence")
        if loudness < QUIETEST:
            raise CheckFailedError("silent", "the audio is silent")
        return "one sentence to be spoken"


def measure(data: bytes) -> tuple[float, float]:
    """Seconds, and root mean square as a share of full scale, of a 16-bit PCM WAV. Raises CheckFailedError.

    Chunk sizes are taken with care: streamed WAVs state 0 or 4 GiB (RIFF, Microsoft 1991; WAVEFORMATEX).
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise CheckFailedError("not_audio", f"the answer is not a WAV file; it begins with {data[:4].hex()}")
    at, rate, channels, pcm = 12, 0, 0, b""
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        body = data[at + 8 : at + 8 + size]
        if kind == b"fmt " and len(body) >= 16:
            form, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
            if form not in (1, 0xFFFE) or bits != 16 or not channels or not rate:
                raise CheckFailedError("not_audio", f"the WAV is not 16-bit PCM (format {form}, {bits} bits)")
        elif kind == b"data":
            pcm = body or data[at + 8 :]
            break
        at += 8 + size + size % 2
    if not rate or not pcm:
        raise CheckFailedError("not_audio", "the WAV has no sound in it")
    count = len(pcm) // 2
    samples = struct.unpack(f"<{count}h", pcm[: count * 2])
    return count / channels / rate, (sum(s * s for s in samples) / count) ** 0.5 / 32768 if count else 0.0


SUITE = Speech()
