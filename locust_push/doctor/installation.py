"""What is installed here: versions, the hot path, the protocols, and the extras. No server is asked."""

import platform
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from locust_push.core.hot_path.selection import COMPILED, HOT_PATH
from locust_push.doctor.check import Finding, Level
from locust_push.version import PROTOCOLS, __version__

_PACKAGE = "locust-push"
_OF_AN_EXTRA = re.compile(r"([A-Za-z0-9._-]+).*;.*extra == ['\"](\w+)['\"]")
_FOR_DEVELOPERS = frozenset({"test", "docs"})


def examine_installation() -> list[Finding]:
    """Return what is installed, the extras that are missing with how to get them."""
    return [
        Finding("version", Level.OK, f"locust-push {__version__}, Python {platform.python_version()}"),
        Finding("locust", Level.OK, version("locust")),
        _hot_path(),
        *(Finding(name, Level.OK, versions) for name, versions in PROTOCOLS.items()),
        *(_extra(name, packages) for name, packages in extras(requires(_PACKAGE) or ())),
    ]


def extras(requirements: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each extra for users, with its packages, from the requirements of a distribution's metadata."""
    found: dict[str, list[str]] = {}
    for requirement in requirements:
        if (parts := _OF_AN_EXTRA.fullmatch(requirement)) and parts[2] not in _FOR_DEVELOPERS:
            found.setdefault(parts[2], []).append(parts[1])
    yield from sorted(found.items())


def _hot_path() -> Finding:
    if COMPILED:
        return Finding("hot path", Level.OK, HOT_PATH)
    remedy = "install a wheel for this platform, or install a C compiler and locust-push again"
    return Finding("hot path", Level.WARN, f"{HOT_PATH}: each request takes 0.5 µs more", remedy)


def _extra(name: str, packages: Iterable[str]) -> Finding:
    try:
        installed = ", ".join(f"{package} {version(package)}" for package in packages)
    except PackageNotFoundError as error:
        remedy = f'if it is wanted: pip install "{_PACKAGE}[{name}]"'
        return Finding(f"extra {name}", Level.OK, f"not installed: {error.name}", remedy)
    return Finding(f"extra {name}", Level.OK, installed)
