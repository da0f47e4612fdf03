"""References in docstrings, such as :func:`name`, have existing targets."""

import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

PACKAGE = Path(__file__).parents[2] / "locust_push"
REFERENCE = re.compile(r":(?:mod|class|func|data|meth|attr|exc):`~?([\w./]+)`")

# Names of modules, without those of generated code and the one that runs when it is imported.
MODULES = sorted(
    ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for file in PACKAGE.rglob("*.py")
    if "generated" not in file.parts and file.name != "__main__.py"
)


def has(owner: object, name: str) -> bool:
    """Return whether an object has an attribute of this name, or a class assigns it to its instances."""
    if hasattr(owner, name):
        return True
    return inspect.isclass(owner) and f"self.{name}" in inspect.getsource(owner)


def leads_somewhere(owner: object, names: list[str]) -> bool:
    """Return whether ``names`` resolve from attribute to attribute, starting at ``owner``."""
    first, *others = names
    return has(owner, first) and (not others or leads_somewhere(getattr(owner, first), others))


def is_module(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def resolves(reference: str, module: ModuleType) -> bool:
    """Return whether it is a module, or something in the named module, in its own one, or in a class of it."""
    parent, _, name = reference.rpartition(".")
    if is_module(reference) or (parent and is_module(parent) and hasattr(importlib.import_module(parent), name)):
        return True
    own = [one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == module.__name__]
    return any(leads_somewhere(owner, reference.split(".")) for owner in (module, *own))


@pytest.mark.parametrize("name", MODULES)
def test_references_in_docstrings_resolve(name: str) -> None:
    """Each reference is a full module name, or something in the module, its classes, or a named module."""
    module = importlib.import_module(name)
    assert module.__file__ is not None
    references = REFERENCE.findall(Path(module.__file__).read_text())
    assert [reference for reference in references if not resolves(reference, module)] == []
