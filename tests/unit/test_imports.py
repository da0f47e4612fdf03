"""Imports only point downwards, and each external library is imported in one place."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "locust_push"

# Without the front door, which may know everything, and which everyone may ask for the version.
FILES = sorted(
    file
    for file in PACKAGE.rglob("*.py")
    if "generated" not in file.parts
    if file.parent != PACKAGE or file.stem != "__init__"
)
PURE = [file for file in FILES if file.relative_to(PACKAGE).parts[0] in {"core", "wire"}]

ARCHITECTURE = PACKAGE.parent / "docs" / "architecture.md"

ALLOWED = {
    # The package's front door only for types, the command only to hand over to Locust's own, which runs the locustfile.
    "locust": {"plugin", "__init__.py", "cli/run.py", "demo/locustfile.py"},
    "gevent": {"live/greenlets.py", "live/agent.py", "live/deliveries.py"},
    "requests": {"delivery/http.py"},
    "botocore": {"delivery/sigv4.py"},
    "apprise": {"notify/channels.py"},
    "ecs_logging": {"logs/ecs.py"},
    "prometheus_client": {"custom/declare.py", "plugin/web_pages.py"},
}
"""Third-party library -> the files, or folders of the package, that may import it."""


def order() -> list[str]:
    """Return the folders and modules of the package, from the lowest to the highest, as on the page."""
    line = next(line for line in ARCHITECTURE.read_text().splitlines() if line.startswith("version < "))
    return line.split(" < ")


LAYERS = order()


def where(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def imported(file: Path) -> set[str]:
    """Return the full names of all modules that a file imports, including those in functions and for types."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{where(file)}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def own_part(file: Path) -> str:
    """Return the part of the package that a file belongs to: a module or a folder of modules."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def parts_imported(file: Path) -> set[str]:
    names = (name.split(".") for name in imported(file))
    return {name[1] for name in names if name[0] == "locust_push" and len(name) > 1} - {"__version__"}


each_file = pytest.mark.parametrize("file", FILES, ids=where)


@each_file
def test_libraries_at_the_edge_are_imported_in_one_place(file: Path) -> None:
    """Locust, gevent and requests are imported only in the listed files."""
    libraries = {name.split(".")[0] for name in imported(file)}
    own = {where(file), own_part(file)}
    assert {library for library in libraries & ALLOWED.keys() if not own & ALLOWED[library]} == set()


@each_file
def test_imports_point_downwards(file: Path) -> None:
    """A file imports from its own folder and from those before it in the line of layers."""
    own = own_part(file)
    assert {name for name in parts_imported(file) - {own} if LAYERS.index(name) > LAYERS.index(own)} == set()


@pytest.mark.parametrize("file", PURE, ids=where)
def test_core_and_wire_are_pure(file: Path) -> None:
    """Core imports the standard library and itself; wire imports core and compression."""
    ours, libraries = {"core": ({"core"}, set()), "wire": ({"core", "wire"}, {"snappy", "google"})}[own_part(file)]
    assert parts_imported(file) <= ours
    assert {name.split(".")[0] for name in imported(file)} - {"locust_push"} - sys.stdlib_module_names <= libraries


def test_the_line_of_layers_names_every_folder() -> None:
    """The line of layers has exactly the folders of the package."""
    assert sorted(set(map(own_part, FILES))) == sorted(LAYERS)


def test_few_modules_stand_outside_the_folders() -> None:
    """At most three modules are at the root of the package."""
    assert len(list(PACKAGE.glob("*.py"))) <= 3


def test_packages_re_export_nothing() -> None:
    """A folder's ``__init__`` imports nothing, so that one module does not load others; public ones are exceptions."""
    front_doors = {PACKAGE / "__init__.py", PACKAGE / "testing" / "__init__.py"}
    others = [file for file in PACKAGE.rglob("__init__.py") if file not in front_doors]
    assert [where(file) for file in others if imported(file)] == []


def module_name(file: Path) -> str:
    return ".".join(("locust_push", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


def test_no_imports_go_in_a_circle() -> None:
    """There are no import cycles."""
    files = {module_name(file): file for file in FILES}
    # An imported name is a module, or something in one.
    found = {name: imported(file) | {one.rpartition(".")[0] for one in imported(file)} for name, file in files.items()}
    waiting = {name: names & files.keys() - {name} for name, names in found.items()}
    while free := [name for name, needs in waiting.items() if not needs & waiting.keys()]:
        for name in free:
            del waiting[name]
    assert waiting == {}
