import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from locust_push.identity.git import GitInfo, detect_git, run_command

SHA = "0123456789abcdef0123456789abcdef01234567"


class FakeGit:
    """Answers every command with the same output, and records the commands."""

    def __init__(self, output: str | None) -> None:
        self.output = output
        self.commands: list[tuple[str, ...]] = []

    def __call__(self, command: Sequence[str], _: Path) -> str | None:
        """Run nothing."""
        self.commands.append(tuple(command))
        return self.output


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (None, None),
        ("", None),
        ("# branch.oid (initial)\n# branch.head main\n", None),
        (f"# branch.oid {SHA}\n# branch.head main\n", GitInfo(SHA, "main", dirty=False)),
        (f"# branch.oid {SHA}\n# branch.head (detached)\n", GitInfo(SHA, None, dirty=False)),
        (
            f"# branch.oid {SHA}\n# branch.head a/b\n# branch.ab +1 -0\n1 .M N... 100644 100644 100644 a b file\n",
            GitInfo(SHA, "a/b", dirty=True),
        ),
    ],
)
def test_what_git_says(output: str | None, expected: GitInfo | None) -> None:
    """Commit, branch and changes are read from one output; without output or commit nothing is known."""
    git = FakeGit(output)
    assert detect_git(Path(), git) == expected
    assert len(git.commands) == 1


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_real_repository(tmp_path: Path) -> None:
    """The real git returns a repository's commit and branch, and whether a tracked file changed."""
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    file = tmp_path / "file"
    file.write_text("one")
    for words in (("init", "-qb", "trunk"), ("add", "file"), (*identity, "commit", "-qm", "first")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    clean = detect_git(tmp_path, run_command)
    file.write_text("two!")
    dirty = detect_git(tmp_path, run_command)
    assert clean is not None
    assert dirty is not None
    assert (clean.branch, clean.dirty, dirty.dirty, len(clean.commit)) == ("trunk", False, True, 40)


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    """A missing program, as git in a small container image, is handled."""
    assert run_command(["locust-push-no-such-program"], tmp_path) is None


def test_a_command_that_fails(tmp_path: Path) -> None:
    """A program that fails, as git outside of a repository, is handled."""
    assert run_command(["false"], tmp_path) is None
