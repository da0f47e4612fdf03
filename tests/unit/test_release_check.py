"""scripts/release-check: a release needs matching version, changelog and tag."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from tests.unit import programs

REPOSITORY = Path(__file__).parents[2]
PROGRAM = REPOSITORY / "scripts" / "release-check"
TODAY = date(2025, 3, 1)
GOOD = """# Changelog

## [Unreleased]

## [1.2.0] - 2025-03-01

### Added

- A thing.

## [1.1.0] - 2025-01-01

- Older.
"""


@pytest.fixture(scope="module")
def program() -> ModuleType:
    """Load the program as a module, since its name has no .py."""
    return programs.load("release-check")


def test_what_agrees_can_be_released(program: ModuleType) -> None:
    """A consistent release passes."""
    assert program.mistakes("1.2.0", "v1.2.0", GOOD, TODAY) == []


@pytest.mark.parametrize(
    ("version", "tag", "changelog", "reason"),
    [
        ("1.2", "v1.2", GOOD.replace("1.2.0", "1.2"), "no version"),
        ("1.2.0", "v1.2.1", GOOD, "the tag must be v1.2.0"),
        ("1.3.0", "v1.3.0", GOOD, "add the line: ## [1.3.0] - 2025-03-01"),
        ("1.1.0", "v1.1.0", GOOD, "not the newest"),
        ("1.2.0", "v1.2.0", GOOD.replace("### Added\n\n- A thing.", ""), "says nothing"),
        ("1.2.0", "v1.2.0", GOOD.replace("2025-03-01", "2025-03-02"), "no day up to today"),
        ("1.2.0", "v1.2.0", GOOD.replace(" - 2025-03-01", ""), "no day up to today"),
        (
            "1.2.0",
            "v1.2.0",
            GOOD.replace("[Unreleased]\n", "[Unreleased]\n\n- Forgotten.\n"),
            "Unreleased is not empty",
        ),
    ],
)
def test_what_does_not_agree_keeps_it_back(
    program: ModuleType, version: str, tag: str, changelog: str, reason: str
) -> None:
    """Each problem is reported in one line."""
    [line] = program.mistakes(version, tag, changelog, TODAY)
    assert reason in line


def test_the_text_of_a_release_is_its_entry(program: ModuleType) -> None:
    """The notes of a version are its entry without the heading."""
    assert program.entries(GOOD)["1.2.0"] == ("2025-03-01", "### Added\n\n- A thing.")


def test_a_wrong_tag_ends_with_1() -> None:
    """An error ends the command with 1, before anything is built."""
    done = subprocess.run([sys.executable, PROGRAM, "v99.0.0"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "release-check: the tag is v99.0.0" in done.stderr


def test_nothing_is_published_unless_all_is_built_and_checked() -> None:
    """Every job that publishes depends on the check of the tag, the tests and every build."""
    jobs = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "release.yml").read_text())["jobs"]

    def needed(name: str) -> set[str]:
        needs = jobs[name].get("needs", [])
        direct = {needs} if isinstance(needs, str) else set(needs)
        return direct.union(*(needed(one) for one in direct))

    publishing = {
        name for name, job in jobs.items() if "environment" in job or "packages" in job.get("permissions", {})
    }
    assert publishing == {"publish", "image"}
    for name in publishing:
        assert needed(name) >= {"check", "test", "wheels", "distributions"}
    others = [job for name, job in jobs.items() if name not in publishing and name != "release"]
    assert not [job for job in others if "write" in str(job.get("permissions"))]
