"""Where a request comes from, for limits: one IPv4 address or one IPv6 /64."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"
IPV6_SITE = 64


def source_of(request: HttpRequest) -> str:
    """Return the source of `request`: its address, for IPv6 the /64 that one customer has.

    X-Forwarded-For is believed only for the TRUSTED_PROXY_HOPS entries that our own proxies
    appended; what stands left of them is the client's own claim.
    """
    remote = request.META.get("REMOTE_ADDR", "")
    return _site(_forwarded(request) or remote) or _site(remote) or UNKNOWN


def _forwarded(request: HttpRequest) -> str:
    """Return the address that the outermost of our proxies saw, if the request passed them all."""
    hops = settings.TRUSTED_PROXY_HOPS
    entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    return entries[-hops].strip() if 0 < hops <= len(entries) else ""


def _site(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    # The number drops a zone (fe80::1%eth0), which a network may not have.
    return str(ipaddress.IPv6Network((int(address), IPV6_SITE), strict=False))
