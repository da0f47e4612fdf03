"""The files that the package contains: in a wheel beside this module, in a checkout at its root."""

from collections.abc import Iterator
from pathlib import Path

STACK_FILES = ("docker-compose.yml", ".env.example", "monitoring")
"""Files that ``docker compose up`` needs, relative to :func:`root`."""

EXAMPLES = "examples"
"""Folder of the pipelines, relative to :func:`root`."""

_SUFFIXES = frozenset({".yml", ".yaml", ".json", ".ndjson", ".tmpl", ".example", ""})
"""Suffixes of configuration files; a checkout also has the generator of the dashboards."""


def root() -> Path:
    """Return the folder below which the files are, in the layout of the repository."""
    packaged = Path(__file__).parent / "packaged"
    return packaged if packaged.is_dir() else Path(__file__).parents[2]


def stack_files() -> Iterator[tuple[str, str]]:
    """Yield path, relative to the stack's folder, and text of each file of the stack."""
    for name in STACK_FILES:
        place = root() / name
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file() and file.suffix in _SUFFIXES:
                yield file.relative_to(root()).as_posix(), file.read_text(encoding="utf-8")


def example(name: str) -> str:
    """Return the text of an example."""
    return (root() / EXAMPLES / name).read_text(encoding="utf-8")
