"""The setup of this repository matches CONTRIBUTING.md."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
PRE_COMMIT = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())
HOOKS = [hook for repository in PRE_COMMIT["repos"] for hook in repository["hooks"]]


def test_hooks_download_nothing() -> None:
    """All hooks are local, with the language `system`, so that pre-commit creates no environment."""
    assert {repository["repo"] for repository in PRE_COMMIT["repos"]} == {"local"}
    assert {hook["language"] for hook in HOOKS} == {"system"}


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_hooks_start_scripts_of_the_repository(hook: Any) -> None:
    """Hooks run the same checks as CI."""
    assert (REPOSITORY / hook["entry"].split()[0]).is_file()


def test_the_workflow_calls_the_script_that_everyone_calls() -> None:
    """CI runs scripts/test on Linux, and the unit tests on macOS and Windows."""
    jobs = yaml.safe_load((REPOSITORY / ".github/workflows/test.yml").read_text())["jobs"]
    assert [step["run"] for step in jobs["test"]["steps"] if "run" in step] == ["scripts/test"]
    assert jobs["other-systems"]["strategy"]["matrix"]["system"] == ["macos-latest", "windows-latest"]
    assert jobs["other-systems"]["steps"][-1]["run"].startswith("python -m pytest tests/unit ")


def test_the_page_names_the_coverage_that_the_script_holds() -> None:
    """The coverage bound and folders of scripts/test are those of CONTRIBUTING.md."""
    script = (REPOSITORY / "scripts/test").read_text()
    bound = re.search(r"^covered=(\d+)$", script, flags=re.MULTILINE)
    folders = re.search(r"^folders=\((.+)\)$", script, flags=re.MULTILINE)
    assert bound is not None
    assert folders is not None
    page = " ".join((REPOSITORY / "CONTRIBUTING.md").read_text().split())
    *others, last = (f"`{folder}`" for folder in folders.group(1).split())
    assert f"at least {bound.group(1)} % of the lines and branches of {', '.join(others)} and {last};" in page
