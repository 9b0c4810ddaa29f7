"""The two cipher suites: AES-256-GCM with HMAC-SHA256, and SM4-GCM with HMAC-SM3 where 密评 asks for it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12  # bytes, random for each value
TAG = 16


@dataclass(frozen=True)
class Suite:
    """How a value is sealed; ``key_bytes`` is the length of its key."""

    name: str
    key_bytes: int

    def seal(self, key: bytes, plain: bytes, bound_to: bytes) -> bytes:
        """Nonce, ciphertext and tag; ``bound_to`` is authenticated with it and not contained."""
        nonce = os.urandom(NONCE)
        if self.name == "AES-256-GCM":
            return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)
        cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(bound_to)
        text = cipher.update(plain) + cipher.finalize()
        return nonce + text + cipher.tag

    def open(self, key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        """The value again. ``InvalidTag`` for another key, another row, or a changed byte."""
        nonce, text = sealed[:NONCE], sealed[NONCE:]
        if len(text) < TAG:
            raise InvalidTag
        if self.name == "AES-256-GCM":
            return AESGCM(key).decrypt(nonce, text, bound_to)
        cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce, text[-TAG:])).decryptor()
        cipher.authenticate_additional_data(bound_to)
        return cipher.update(text[:-TAG]) + cipher.finalize()

    def index(self, key: bytes, value: bytes) -> bytes:
        """Keyed digest (32 bytes) for equality; nothing of the value can be had from it without the key."""
        digest = hashes.SHA256() if self.name == "AES-256-GCM" else hashes.SM3()
        keyed = hmac.HMAC(key, digest)
        keyed.update(value)
        return keyed.finalize()


SUITES = {suite.name: suite for suite in (Suite("AES-256-GCM", 32), Suite("SM4-GCM", 16))}
