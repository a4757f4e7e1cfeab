"""AEAD_AES_256_CBC_HMAC_SHA_512: how MongoDB's client-side field level encryption seals bytes.

The composition is McGrew's (draft-mcgrew-aead-aes-cbc-hmac-sha2), with the layout of MongoDB's
specification: a key of 96 bytes is one for authentication, one for encryption and one that only
the deterministic variant uses, which is not here. libmongocrypt does the same, but calls back into
Python for every primitive: 0.15 ms for one value, in a hundred steps that each let other threads
go first. Tests have it open what is sealed here, and the other way round.
"""

from __future__ import annotations

from hmac import compare_digest

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.hmac import HMAC

from ihala.chance import random_bytes

KEY_BYTES = 96
_BLOCK, _TAG = 16, 32


class Tampered(ValueError):
    """It was sealed with another key, for another purpose, or was changed since."""


def seal(key: bytes, plain: bytes, about: bytes = b"") -> bytes:
    """``plain``, encrypted under a random vector and authenticated together with ``about``."""
    vector = random_bytes(_BLOCK)
    padding = _BLOCK - len(plain) % _BLOCK
    encryptor = Cipher(AES256(key[32:64]), CBC(vector)).encryptor()
    secret = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    return vector + secret + _tag(key, vector + secret, about)


def unseal(key: bytes, sealed: bytes, about: bytes = b"") -> bytes:
    """What was sealed with the same key and ``about``; raises Tampered before it decrypts."""
    body, tag = sealed[:-_TAG], sealed[-_TAG:]
    whole = len(body) >= 2 * _BLOCK and len(body) % _BLOCK == 0
    if not whole or not compare_digest(tag, _tag(key, body, about)):
        raise Tampered("this cannot be opened with this key")
    decryptor = Cipher(AES256(key[32:64]), CBC(body[:_BLOCK])).decryptor()
    padded = decryptor.update(body[_BLOCK:]) + decryptor.finalize()
    return padded[: -padded[-1]]


def _tag(key: bytes, body: bytes, about: bytes) -> bytes:
    length = (8 * len(about)).to_bytes(8)
    mac = HMAC(key[:32], SHA512())
    mac.update(about + body + length)
    return mac.finalize()[:_TAG]
