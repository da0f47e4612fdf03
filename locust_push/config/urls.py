"""Taking user info out of URLs: the only place that locates secrets in URLs. Pure."""

import re
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

_USER_INFO = r"^((?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://)?)[^/?#]*@"
_SCHEME = r"^[A-Za-z][A-Za-z0-9+.-]*://"


class UserInfo(NamedTuple):
    """User name and password of a URL, percent-decoded, or None (RFC 3986, 3.2.1)."""

    username: str | None
    password: str | None


def user_info(parts: SplitResult) -> UserInfo:
    """Return the user info of a split URL; the password is empty in ``user:@host``, and None in ``user@host``."""
    raw, _, _ = parts.netloc.rpartition("@")
    username, colon, password = raw.partition(":")
    return UserInfo(unquote(username) or None, unquote(password) if colon else None)


def without_user_info(url: str) -> str:
    """Return a URL, or text given in place of one, without ``user:password@``; the rest is unchanged."""
    return re.sub(_USER_INFO, r"\1", url)


def masked(url: str) -> str:
    """Return a URL for an error message: without user info and query, however malformed it is.

    Everything before the last ``@`` is removed, since a password that was not percent-encoded may hold any delimiter.
    """
    scheme = re.match(_SCHEME, url)
    before, at, rest = url.rpartition("@")
    shown = f"{scheme.group() if scheme and before else ''}***@{rest}" if at else url
    place, question_mark, _ = shown.partition("?")
    return f"{place}?***" if question_mark else place


def public_url(url: str) -> str:
    """Return the URL without user info, query and fragment, any of which may hold a secret."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
