"""Make the sample roster: 200 invented companies in three business lines and four tiers, always the same ones.

    python tools/make_roster.py

Writes `tenants/<business line>.yaml`. Names are combined from word lists; none is meant to be a real company.
"""

from __future__ import annotations

import random
from pathlib import Path

ROOT = Path(__file__).parent.parent / "tenants"
WORDS = """
Alder Amber Ashdown Birch Blackwater Brightside Calder Cedar Chestnut Cobalt Copper Coral Crescent Dorset Eastmoor
Ember Fairfield Falcon Fern Foxglove Granite Greystone Hawthorn Hazel Heron Highland Holly Ironbridge Ivory Juniper
Kestrel Lakeside Larkspur Laurel Linden Maple Marlow Meridian Millbrook Northgate Oakhurst Orchard Osprey Pinewood
Quarry Redwood Ridgeway Rowan Saffron Silverdale Southbank Stonebridge Thornbury Tidewater Umber Valley Westbrook
Whitfield Willow Wren
"""
FIRST = WORDS.split()
LINES = {
    "retail": ("Outdoors Books Grocers Fashion Furniture Electronics Toys Garden Pharmacy Bakery", 80),
    "logistics": ("Freight Couriers Shipping Rail Warehousing Cargo Air Ports", 65),
    "health": ("Clinic Hospital Dental Diagnostics Insurance Care Labs", 55),
}
FIXED = {
    "retail": [
        ("larkspur-outdoors", "Larkspur Outdoors", "gold", "eu"),
        ("harbourline-internal", "Harbourline", "platinum", "eu"),
    ],
    "logistics": [("northgate-freight", "Northgate Freight", "silver", "us")],
    "health": [
        ("alder-clinic", "Alder Clinic", "silver", "uk"),
        ("st-brigid-hospital", "St Brigid Hospital", "platinum", "eu"),
    ],
}
TIERS = (["free", "silver", "gold", "platinum"], [36, 36, 21, 7])
REGIONS = (["eu", "us", "uk", "apac"], [45, 30, 15, 10])
BUDGET = {"free": ("0.02", 20), "silver": ("0.10", 500), "gold": ("0.50", 5000), "platinum": (None, 50000)}


def entry(id_: str, name: str, tier: str, line: str, region: str) -> str:
    """One tenant as a line of YAML."""
    levels = {"free": "internal", "silver": "confidential", "gold": "confidential", "platinum": "restricted"}
    privacy = "restricted" if line == "health" and tier != "free" else levels[tier]
    request, month = BUDGET[tier]
    budget = f"usd_per_month: {month}" if request is None else f"usd_per_request: {request}, usd_per_month: {month}"
    policy = ", policy: regulated" if line == "health" and region in ("eu", "uk") else ""
    return (
        f"  - {{id: {id_}, display_name: {name}, tier: {tier}, business_line: {line}, region: {region}, "
        f"privacy_max: {privacy}{policy}, budget: {{{budget}}}}}\n"
    )


def main() -> None:
    """Write one file a business line."""
    chosen = random.Random(20261101)  # noqa: S311 (a fixed sequence is wanted, not a secret)
    taken: set[str] = set()
    for line, (kinds, count) in LINES.items():
        rows = [(id_, name, tier, region) for id_, name, tier, region in FIXED[line]]
        taken.update(row[0] for row in rows)
        while len(rows) < count:
            name = f"{chosen.choice(FIRST)} {chosen.choice(kinds.split())}"
            id_ = name.lower().replace(" ", "-")
            if id_ in taken:
                continue
            taken.add(id_)
            tier = chosen.choices(*TIERS)[0]
            rows.append((id_, name, tier, chosen.choices(*REGIONS)[0]))
        text = (
            "# yaml-language-server: $schema=../schemas/roster.schema.json\n# Made by tools/make_roster.py.\ntenants:\n"
        )
        text += "".join(entry(id_, name, tier, line, region) for id_, name, tier, region in sorted(rows))
        (ROOT / f"{line}.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
