import copy
import os
import pickle
from pathlib import Path

import msgpack  # type: ignore[import-untyped]  # ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.config.secrets import SecretFile, SecretText, is_sensitive

TELLTALE = "s3cr3t-42"


@given(st.text(alphabet=st.characters(exclude_categories=["C"])))
def test_a_secret_shows_itself_nowhere(text: str) -> None:
    """Neither repr, str, format nor a container's repr holds the secret; only read() does."""
    secret = SecretText(TELLTALE + text)
    assert TELLTALE not in f"{secret!r}{secret!s}{secret}{[secret]}"
    assert secret.read() == TELLTALE + text


@pytest.mark.parametrize("secret", [SecretText("s3cr3t"), SecretFile("/nowhere")])
def test_a_secret_is_not_serialised(secret: SecretText | SecretFile) -> None:
    """Pickle, vars and msgpack, which Locust's messages use, all refuse a secret."""
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        vars(secret)
    with pytest.raises(TypeError):
        msgpack.dumps(secret)


def test_a_copy_is_the_secret_itself() -> None:
    """Copy and deepcopy, as dataclasses use them, make no second one."""
    secret = SecretText("s3cr3t")
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_text_with_a_line_break_inside_is_refused() -> None:
    """A secret with a line break, which would end a header, is refused without being shown."""
    with pytest.raises(ValueError, match="more than one line") as caught:
        SecretText("s3cr3t\nX-Evil: 1")
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_file_gives_its_line_without_the_end(tmp_path: Path, end: str) -> None:
    """The line end that editors add is removed from the secret; blanks are kept."""
    path = tmp_path / "token"
    path.write_bytes(b" to ken " + end.encode())
    assert SecretFile(path).read() == " to ken "


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """A file that was replaced, as by token rotation, gives the new secret on the next read."""
    path = tmp_path / "token"
    path.write_text("old")
    secret = SecretFile(path)
    assert secret.read() == "old"
    (tmp_path / "next").write_text("new")
    (tmp_path / "next").replace(path)
    assert secret.read() == "new"


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    """While modification time, inode and size are the same, the secret comes from memory."""
    path = tmp_path / "token"
    path.write_text("old")
    secret = SecretFile(path)
    secret.read()
    status = path.stat()
    path.write_text("new")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert secret.read() == "old"


@pytest.mark.parametrize("content", [None, b"", b"a\nb"])
def test_the_last_good_secret_outlives_a_bad_file(tmp_path: Path, content: bytes | None) -> None:
    """If a file becomes unreadable or invalid during a run, the last valid secret is used."""
    path = tmp_path / "token"
    path.write_text("good")
    secret = SecretFile(path)
    secret.read()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert secret.read() == "good"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"s3cr3t\ntwo", "holds more than one line"),
        (b"\xff\xfes3cr3t", "is not UTF-8"),
        (b"s" * 65537, "holds more than 64 KiB"),
    ],
)
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    """The first read of a file without a valid secret gives the reason, and nothing of its contents."""
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=problem) as caught:
        SecretFile(path).read()
    assert "s3cr3t" not in str(caught.value)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    """The first read of a missing file fails as opening it does."""
    with pytest.raises(FileNotFoundError):
        SecretFile(tmp_path / "token").read()


@pytest.mark.parametrize("name", ["Authorization", "X-API-Key", "x-vault-token", "Cookie", "p", "Session-Id"])
def test_sensitive_names(name: str) -> None:
    """Headers and query parameters that carry secrets are recognized by parts of their names."""
    assert is_sensitive(name)


@pytest.mark.parametrize("name", ["X-Scope-OrgID", "prometheus_server", "db", "tenant", "np"])
def test_harmless_names(name: str) -> None:
    """Ordinary headers and parameters are not treated as secrets."""
    assert not is_sensitive(name)
