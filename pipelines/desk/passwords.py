"""Passwords of officers, for a desk that others on the network may reach: a line each, salted and hard to try (scrypt).

``name:salt:hash``, the last two in hex. The file is made by ``ihss-payroll desk-password``.
"""

import hashlib
import re
import secrets
import time
from pathlib import Path

from pipelines.desk.safety import same
from pipelines.misuse import Misuse, file_written

COST, BLOCK, AT_ONCE = 2**15, 8, 1
MEMORY = 128 * COST * BLOCK * 2  # bytes
SHORTEST = 12
NAME = re.compile(r"[a-z][a-z0-9._-]{0,31}")
LINE = re.compile(rf"({NAME.pattern}):([0-9a-f]{{32}}):([0-9a-f]{{64}})")
MOST_WRONG, SECONDS_SHUT = 5, 30.0


def is_name(text: str) -> bool:
    """May an officer be called so?"""
    return NAME.fullmatch(text) is not None


def _hash(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=COST, r=BLOCK, p=AT_ONCE, maxmem=MEMORY, dklen=32).hex()


def read(path: Path) -> dict[str, tuple[bytes, str]]:
    """Salt and hash by name. Raises Misuse for a file that cannot be used, or that others may read."""
    if not path.is_file():
        raise Misuse(f"--passwords {path} is no file: make it with ihss-payroll desk-password NAME")
    if path.stat().st_mode & 0o077:
        raise Misuse(f"--passwords {path} may be read by others: chmod 600 {path}")
    found = [LINE.fullmatch(line) for line in path.read_text("utf-8", "replace").splitlines()]
    if not found or None in found:
        raise Misuse(f"--passwords {path} is not what desk-password wrote: make it anew")
    return {each[1]: (bytes.fromhex(each[2]), each[3]) for each in found if each}


def put(path: Path, name: str, password: str) -> None:
    """Give an officer a password, in place of the one before. Raises Misuse."""
    if not is_name(name):
        raise Misuse(f"{name} is no name of an officer: small letters, digits, . _ - and a letter first")
    if len(password) < SHORTEST:
        raise Misuse(f"a password has {SHORTEST} letters or more")
    known, salt = read(path) if path.exists() else {}, secrets.token_bytes(16)
    known[name] = salt, _hash(password, salt)
    lines = [f"{each}:{salt.hex()}:{told}\n" for each, (salt, told) in known.items()]
    file_written(path, "".join(lines), "--passwords")


class PasswordDoor:
    """Lets in who knows a password. After MOST_WRONG wrong ones it is shut for a while, for everybody."""

    def __init__(self, path: Path) -> None:
        self.known = read(path)
        self._wrong = 0
        self._shut_until = 0.0

    @property
    def is_shut(self) -> bool:
        """Must everybody wait?"""
        return time.monotonic() < self._shut_until

    def lets_in(self, name: str, password: str) -> bool:
        """Is it the password of this officer? An unknown name takes as long as a known one."""
        if self.is_shut:
            return False
        salt, told = self.known.get(name, (bytes(16), ""))
        right = same(_hash(password, salt), told)
        self._wrong = 0 if right else self._wrong + 1
        if self._wrong >= MOST_WRONG:
            self._wrong, self._shut_until = 0, time.monotonic() + SECONDS_SHUT
        return right
