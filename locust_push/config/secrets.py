"""Secrets that only ``read()`` returns in clear text.

``repr``, ``str``, ``format`` and ``vars`` give a mask, and pickling fails: a secret does not leave its process.
Locust's master sends ``vars(parsed_options)`` to its workers by msgpack, which refuses these types as well.
"""

import re
from pathlib import Path
from typing import NoReturn, Protocol, Self

MASK = "***"
_SENSITIVE = r"auth|token|key|secret|passw|cookie|credential|signature|session|^p$"
# "p" is the password in the query of an InfluxDB 1.x write URL.
_CONTROL = r"[\x00-\x1f\x7f]"
_MAX_BYTES = 64 * 1024
"""Largest secret file; a token is far smaller, and a wrong path may lead to anything."""

_Stamp = tuple[int, int, int]


def is_sensitive(name: str) -> bool:
    """Whether a header or query parameter of this name usually carries a secret."""
    return re.search(_SENSITIVE, name, re.IGNORECASE) is not None


class SecretSource(Protocol):
    """The source of a secret. The secret may change during a run: read it again for each use."""

    def read(self) -> str:
        """Return the secret in clear text: one line.

        Raises:
            OSError: The file cannot be read.
            ValueError: The contents are not a secret; the message does not repeat them.
        """
        ...


class _Masked:
    """Keeps a secret from being shown or sent."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {MASK}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is never pickled")


class SecretText(_Masked):
    """A secret given as text, by the environment or inside a URL. May be empty: ``token:@host`` is common."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = _one_line(text)

    def read(self) -> str:
        """Return the secret in clear text."""
        return self._text


class SecretFile(_Masked):
    """A secret in a file, read again whenever the file changes (by modification time, inode or size).

    If a changed file cannot be read, or holds no secret, the last valid one stays in use: files are replaced while
    tests run, and not always in one step.
    """

    __slots__ = ("_path", "_stamp", "_text")

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._stamp: _Stamp | None = None
        self._text: str | None = None

    def read(self) -> str:
        """Return the secret in clear text.

        Raises:
            OSError: The file cannot be read, and never could.
            ValueError: It is empty, larger than 64 KiB, not UTF-8 or more than one line, and always was.
        """
        try:
            return self._current()
        except (OSError, ValueError):
            if self._text is None:
                raise
            return self._text

    def _current(self) -> str:
        stamp = _stamp(self._path)
        if self._text is None or stamp != self._stamp:
            self._text = _load(self._path)
            self._stamp = stamp
        return self._text


def _stamp(path: Path) -> _Stamp:
    status = path.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size


def _load(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError("holds more than 64 KiB")
    secret = _one_line(_decoded(content))
    if not secret:
        raise ValueError("is empty")
    return secret


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        # The original quotes bytes of the file.
        raise ValueError("is not UTF-8") from None


def _one_line(text: str) -> str:
    """Strip the line end that editors add, and refuse what a header cannot contain."""
    secret = text.rstrip("\r\n")
    if re.search(_CONTROL, secret):
        raise ValueError("holds more than one line, or a control character")
    return secret
