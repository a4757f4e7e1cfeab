"""Addresses as they may be shown: enough to recognise one's own, too little to use."""

from __future__ import annotations

from urllib.parse import urlsplit


def masked(address: str) -> str:
    """``a•••@example.org`` for e-mail, the host of a URL, the last two digits of a number."""
    if not address:
        return ""
    if "://" in address:
        return f"{urlsplit(address).hostname}/•••"
    local, at, domain = address.rpartition("@")
    if at:
        return f"{local[:1]}•••@{domain}"
    return f"•••{address[-2:]}" if len(address) > 4 else "•••"
