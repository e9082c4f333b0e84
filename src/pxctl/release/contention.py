"""Many publishers on one remote: who waits how long, so that everybody gets through and few try in vain.

There is no queue across hosts, so each decides alone, by what it sees: how often it lost, and who released just now.
"""

from __future__ import annotations

import random
from datetime import datetime

from pxctl.model.release import Actor
from pxctl.release.view import View

RECENT = 16
"""Releases that are looked back at."""
BUSY = 3.0
"""Seconds between releases, below which a branch is busy."""


def after_a_loss(attempt: int) -> float:
    """Seconds to wait after lost race number `attempt`: up to half a second, soon up to two, then less and less.

    Who has lost often waits less than a newcomer; the more there are, the fewer try at the same time.
    """
    return random.uniform(0, min(0.25 * 2**attempt, 8 / attempt))  # noqa: S311 - jitter, not a secret


def after_a_win(view: View, actor: Actor, now: datetime) -> float:
    """Seconds by which who released among others just now lets them go first: what is left of a round of theirs.

    Without that, whoever has won is back before the others have woken, and wins again. 0 on a branch that is not busy.
    """
    me, recent, at = f"{actor.name} <{actor.email}>", list[tuple[str, float]](), view
    while at.header is not None and len(recent) < RECENT:
        recent.append((at.header.author, now.timestamp() - at.header.time))
        if not at.header.parents:
            break
        at = at.at(at.header.parents[0])
    authors = [who for who, age in recent if age < RECENT * BUSY]
    gap = (recent[len(authors) - 1][1] + 0.5) / len(authors) if authors else BUSY
    if me not in authors or gap >= BUSY:
        return 0.0
    left = len(set(authors)) - 1 - authors.index(me)
    return random.uniform(0, max(left, 0) * gap)  # noqa: S311 - jitter, not a secret
