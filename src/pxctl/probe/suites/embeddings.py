"""embeddings: vectors of one length, and what means alike lies closer than what does not."""

from __future__ import annotations

import math

from pxctl.model.provider import ModelSpec
from pxctl.probe.caller import Caller, CheckFailedError

ANCHOR = "The cat sleeps on the warm sofa."
ALIKE = "A kitten is napping on the couch."
OTHER = "Quarterly tax filings are due in April."


class Embeddings:
    """Dimension, finiteness, order of similarity."""

    name = "embeddings"

    def applies(self, model: ModelSpec) -> bool:
        """Models that answer embeddings."""
        return "embedding" in model.modality.output

    async def run(self, call: Caller) -> str:
        """Three sentences at once, and one again."""
        reply = await call.embed((ANCHOR, ALIKE, OTHER))
        again = await call.embed((ANCHOR,))
        vectors = (*reply.vectors, *again.vectors)
        if len(reply.vectors) != 3 or len(again.vectors) != 1:
            raise CheckFailedError("wrong_count", f"3 texts gave {len(reply.vectors)} vectors")
        lengths = {len(vector) for vector in vectors}
        if len(lengths) != 1 or 0 in lengths:
            raise CheckFailedError("wrong_dimension", f"vectors have lengths {sorted(lengths)}")
        if not all(math.isfinite(x) for vector in vectors for x in vector) or not all(
            any(vector) for vector in vectors
        ):
            raise CheckFailedError("not_finite", "a vector holds NaN or infinity, or is all zeros")
        near, far = cosine(vectors[0], vectors[1]), cosine(vectors[0], vectors[2])
        call.tally.measured |= {"dimension": float(lengths.pop()), "near": round(near, 6), "far": round(far, 6)}
        if near <= far:
            raise CheckFailedError(
                "wrong_order", f"sentences that mean alike are not closer ({near:.3f}) than others ({far:.3f})"
            )
        return "three short sentences, and one of them again"


def cosine(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The cosine of the angle between two vectors that are not zero."""
    return sum(x * y for x, y in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))


SUITE = Embeddings()
