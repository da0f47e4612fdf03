"""One word for one thing: no public name is defined twice in the package without a reason."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "locust_push"

REASONS = {
    "CONTENT_TYPE": "each exposition format has its own",
    "HEADERS": "each version of remote-write has its own, and the encoder has them by version",
    "HINTS": "each protocol has its own likely mistakes",
    "compare": "the command is called as the function that it prints the result of",
    "logger": "each module has its own",
    "main": "each program has one",
    "render": "each format of a report offers it, and formats.py finds it there by its name",
    "trend": "the command is called as the function that it prints the result of",
}
"""Name -> why it may be defined in several modules."""


def defined(module: ast.Module) -> Iterator[str]:
    """Return public classes, functions and constants of a module; type variables of one letter are private to it."""
    for node in module.body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names = [name]
            case ast.Assign(targets=targets):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case _:
                names = []
        yield from (name for name in names if not name.startswith("_") and len(name) > 1)


def homes() -> Mapping[str, Sequence[str]]:
    """Return each name that is defined more than once, with its modules."""
    found = defaultdict(list)
    for file in sorted(PACKAGE.rglob("*.py")):
        if "generated" not in file.parts:
            for name in dict.fromkeys(defined(ast.parse(file.read_text()))):
                found[name].append(file.relative_to(PACKAGE).as_posix())
    return {name: files for name, files in found.items() if len(files) > 1}


def test_a_public_name_is_defined_once() -> None:
    """A name that is defined twice has a stated reason."""
    assert {name: files for name, files in homes().items() if name not in REASONS} == {}


def test_each_reason_is_still_needed() -> None:
    """Each stated reason belongs to a duplicate name."""
    assert REASONS.keys() - homes().keys() == set()
