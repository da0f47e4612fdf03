"""The habits of this repository: what CONTRIBUTING.md promises is set up as it says."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
PRE_COMMIT = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())
HOOKS = [hook for repository in PRE_COMMIT["repos"] for hook in repository["hooks"]]


def test_hooks_download_nothing() -> None:
    """All of them are local, and pre-commit makes no environment for a hook whose language is `system`."""
    assert {repository["repo"] for repository in PRE_COMMIT["repos"]} == {"local"}
    assert {hook["language"] for hook in HOOKS} == {"system"}


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_hooks_start_scripts_of_the_repository(hook: Any) -> None:
    """So that a commit is judged by what CI runs."""
    assert (REPOSITORY / hook["entry"].split()[0]).is_file()


def test_the_workflow_calls_the_script_that_everyone_calls() -> None:
    """What CI tests is what scripts/test tests, and nothing besides."""
    workflow = yaml.safe_load((REPOSITORY / ".github/workflows/test.yml").read_text())
    assert [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step] == ["scripts/test"]


def test_the_page_names_the_coverage_that_the_script_holds() -> None:
    """The bound and the folders of scripts/test are those of CONTRIBUTING.md."""
    script = (REPOSITORY / "scripts/test").read_text()
    bound = re.search(r"^covered=(\d+)$", script, flags=re.MULTILINE)
    folders = re.search(r"^folders=\((.+)\)$", script, flags=re.MULTILINE)
    assert bound is not None
    assert folders is not None
    page = " ".join((REPOSITORY / "CONTRIBUTING.md").read_text().split())
    *others, last = (f"`{folder}`" for folder in folders.group(1).split())
    assert f"at least {bound.group(1)} % of the lines and branches of {', '.join(others)} and {last};" in page
