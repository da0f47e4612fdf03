"""The documentation as a site: it builds, every page is in its menu, and every link has a target."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """Load the hook as a module; it belongs to no package."""
    spec = importlib.util.spec_from_file_location("site_links", REPOSITORY / "scripts" / "site_links.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """A broken link or anchor, or a page missing in the menu, fails the build."""
    pytest.importorskip("material", reason="mkdocs-material of the extra docs is not installed")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    environ = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, check=False, capture_output=True, text=True)
    assert [line for line in done.stderr.splitlines() if line.startswith("WARNING")] == []
    assert done.returncode == 0, done.stderr
    tutorial = (tmp_path / "tutorial" / "index.html").read_text()
    assert "fifteen minutes" in tutorial
    assert "fonts.googleapis.com" not in tutorial


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("see [it](../README.md) and [that](ci.md)", "see [it](https://h/README.md) and [that](ci.md)"),
        ("![a picture](../x.png)", "![a picture](../x.png)"),
        ("[a](../docs/ci.md)", "[a](../docs/ci.md)"),
    ],
)
def test_links_to_the_code_lead_to_the_repository(hook: ModuleType, markdown: str, expected: str) -> None:
    """Links between pages stay."""
    assert hook.replaced(markdown, "docs", "https://h") == expected


def test_without_an_address_of_the_repository_they_are_text(hook: ModuleType) -> None:
    """Links to missing files are errors."""
    assert hook.replaced("see [the test](../tests/x.py).", "docs", "") == "see the test."
