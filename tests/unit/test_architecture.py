"""docs/architecture.md describes the current tree."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "locust_push"
PAGE = (REPOSITORY / "docs" / "architecture.md").read_text()
FOLDERS = sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists())

# Modules in the drawings and in code, such as core/recorder, `live/closing.Closing.steps` or `tests/instructions`.
PATHS = sorted(
    {path.rstrip("./") for path in re.findall(rf"\b(?:{'|'.join(FOLDERS)}|tests|scripts|monitoring)/[\w./-]*\w", PAGE)}
)


def exists(path: str) -> bool:
    """Return whether a path, below the package or the repository, is a folder, file, module, or part of a module."""
    folder, _, name = path.rpartition("/")
    module = f"{folder}/{name.split('.')[0]}.py"
    return any((root / one).exists() for root in (PACKAGE, REPOSITORY) for one in (path, module))


@pytest.mark.parametrize("path", PATHS)
def test_what_the_page_names_exists(path: str) -> None:
    """Renamed and removed modules are not on the page."""
    assert exists(path)


def test_every_folder_is_described() -> None:
    """The table of folders has each folder of the package, and no others."""
    described = re.findall(r"^\| `(\w+)/` \|", PAGE, flags=re.MULTILINE)
    assert sorted(described) == FOLDERS
