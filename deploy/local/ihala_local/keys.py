"""The secrets of the embedded stack: made once, kept in files that only their owner can read."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

from ihala.sealing import new_key, read_key

CURSOR_KEY = "cursor-key"
MASTER_KEY = "master-key"
LOOKUP_KEY = "lookup-key"
WEBHOOK_KEY = "webhook-key"
CONTACT_PRIVATE_KEY = "contact-private-key.json"
CONTACT_PUBLIC_KEY = "contact-public-key.json"


def make_keys(folder: Path) -> None:
    """Make the keys that are not there yet; those that are stay as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in (CURSOR_KEY, LOOKUP_KEY, WEBHOOK_KEY):
        _keep(folder / name, secrets.token_urlsafe(48))
    _keep(folder / MASTER_KEY, base64.b64encode(os.urandom(96)).decode())
    _keep(folder / CONTACT_PRIVATE_KEY, json.dumps(new_key().as_dict(private=True)))
    private = read_key((folder / CONTACT_PRIVATE_KEY).read_text(encoding="utf-8"))
    _keep(folder / CONTACT_PUBLIC_KEY, json.dumps(private.as_dict(private=False)))


def _keep(file: Path, text: str) -> None:
    """Write a new file, unreadable to others from its first moment."""
    if file.exists():
        return
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as output:
        output.write(text)
