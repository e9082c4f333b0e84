"""Words that several rules use in their sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterable


def close(word: str, known: Collection[str]) -> str | None:
    """The known word that somebody who wrote `word` most likely meant."""
    folded = {name.casefold().replace("_", "-"): name for name in known}
    same = folded.get(word.casefold().replace("_", "-"))
    if same:
        return same
    import difflib

    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return found[0] if found else None


def meant(word: str, known: Collection[str], what: str = "known") -> str | None:
    """`did you mean ...?`, or what there is where that is little."""
    found = close(word, known)
    if found:
        return f"did you mean `{found}`?"
    return f"{what}: {listed(sorted(known))}" if 0 < len(known) <= 12 else None


def listed(words: Iterable[str], limit: int = 8) -> str:
    """`a`, `b` and 3 more."""
    items = [f"`{word}`" for word in words]
    if len(items) > limit:
        return f"{', '.join(items[: limit - 1])} and {len(items) - limit + 1} more"
    return ", ".join(items)
