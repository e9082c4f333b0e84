"""What a host name says by itself: private or public, forbidden, and in which part of the world."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

_LOCAL_ENDINGS = (
    ".localhost",
    ".local",
    ".internal",
    ".lan",
    ".home.arpa",
    ".svc",
    ".cluster.local",
    ".intranet",
    ".corp",
)
_METADATA = frozenset({"metadata.google.internal", "metadata", "instance-data", "instance-data.ec2.internal"})

# Region names of the large clouds, as they stand in host names.
_CLOUD = re.compile(
    r"(?<![a-z0-9])(?:"
    r"(?P<aws>(?:us|eu|ap|sa|ca|me|af|il|mx)-(?:gov-)?(?:north|south|east|west|central|northeast|southeast|northwest|southwest)-[1-9])"
    r"|(?P<gcp>(?:us|europe|asia|australia|northamerica|southamerica|me|africa)-(?:north|south|east|west|central|northeast|southeast|southwest|northwest)[1-9]{1,2})"
    r"|(?P<azure>eastus2?|westus[23]?|centralus|northcentralus|southcentralus|westcentralus|canada(?:east|central)|brazilsouth"
    r"|(?:north|west)europe|france(?:central|south)|germany(?:westcentral|north)|sweden(?:central|south)|switzerland(?:north|west)"
    r"|norway(?:east|west)|italynorth|polandcentral|spaincentral|uk(?:south|west)|australiaeast|japan(?:east|west)"
    r"|korea(?:central|south)|southeastasia|eastasia|(?:central|south|west)india|uaenorth|southafricanorth)"
    r"|(?P<short>eu|us|uk)(?=[.-](?:api|openai|inference|llm))"
    r")(?![a-z0-9])"
)
_EUROPE = re.compile(
    r"^(eu-(?!west-2)|europe-(?!west2)|(north|west)europe|france|germany|sweden|switzerland|norway|italy|poland|spain|eu$)"
)
_UK = re.compile(r"^(eu-west-2|europe-west2|uk)")
_US = re.compile(r"^(us-|us$|eastus|westus|centralus|northcentralus|southcentralus|westcentralus)")
_APAC = re.compile(r"^(ap-|asia-|australia|japan|korea|southeastasia|eastasia|(central|south|west)india)")
_WORDS = {
    "eu": "eu", "europe": "eu", "emea": "eu", "de": "eu", "fr": "eu", "se": "eu", "nl": "eu", "ie": "eu", "us": "us",
    "usa": "us", "uk": "uk", "gb": "uk", "apac": "apac", "asia": "apac", "jp": "apac", "au": "apac", "in": "apac",
}  # fmt: skip


def split_url(url: str) -> tuple[str, str]:
    """Scheme and host of a URL, in lower case; empty where there is none."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return "", ""
    for sign in "/?#":
        rest = rest.partition(sign)[0]
    rest = rest.rpartition("@")[2]
    host = rest.partition("]")[0].removeprefix("[") if rest.startswith("[") else rest.partition(":")[0]
    return scheme.lower(), host.lower().rstrip(".")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    last = host.rpartition(".")[2]
    if not host or (last[-1:].isalpha() and ":" not in host and not last.startswith("0x")):
        return None
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return _old_form(host)
    return getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address


def _old_form(host: str) -> ipaddress.IPv4Address | None:
    """Addresses that resolvers still take: `0xa9fea9fe`, `2852039166`, `0251.0376.0251.0376`, `127.1`."""
    parts = host.split(".")
    if not 1 <= len(parts) <= 4 or not all(re.fullmatch(r"0x[0-9a-f]+|[0-9]+", part) for part in parts):
        return None
    try:
        numbers = [int(p, 16) if p[:2] == "0x" else int(p, 8) if p[0] == "0" and len(p) > 1 else int(p) for p in parts]
        value = 0
        for number in numbers[:-1]:
            value = value * 256 + number
        return ipaddress.IPv4Address(value * 256 ** (5 - len(numbers)) + numbers[-1])
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def is_private(host: str) -> bool:
    """Whether a host is this machine or in a private network, as far as its name says."""
    address = _address(host)
    if address is not None:
        return address.is_private and not address.is_link_local and not address.is_unspecified
    return host == "localhost" or host.endswith(_LOCAL_ENDINGS) or bool(host and "." not in host)


@lru_cache(maxsize=4096)
def forbidden(host: str) -> str | None:
    """Why no model server can be at a host, or None."""
    if host in _METADATA:
        return "a cloud's metadata service"
    address = _address(host)
    if address is None:
        return None
    if str(address) in ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200"):
        return "a cloud's metadata service"
    if address.is_link_local:
        return "a link-local address"
    if address.is_unspecified:
        return "no address that can be called"
    return "a multicast address" if address.is_multicast else None


@lru_cache(maxsize=4096)
def area_of_host(host: str) -> tuple[str, str] | None:
    """The part of the world that a host name states, and the word that states it."""
    found = _CLOUD.search(host)
    if found is None:
        return None
    word = found.group()
    for area, pattern in (("uk", _UK), ("eu", _EUROPE), ("us", _US), ("apac", _APAC)):
        if pattern.match(word):
            return area, word
    return None


def area_of_region(region: str) -> str | None:
    """The part of the world that a region's name states, or None where it is a name of the company's own."""
    name = region.lower()
    if name in _WORDS:
        return _WORDS[name]
    found = area_of_host(name)
    if found is not None:
        return found[0]
    return _WORDS.get(re.split(r"[-_]", name)[0])
