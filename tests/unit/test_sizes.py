"""The size of the code: functions are short, and classes have few methods."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

PACKAGE = Path(__file__).parents[2] / "locust_push"

MEDIAN, NINETIETH, METHODS = 6, 15, 20
"""Lines of half of all functions, lines of nine out of ten, and methods of a class, at most."""

LARGER: dict[str, str] = {}
"""Classes that have more methods than others may -> what they hold together."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def nodes() -> Iterator[ast.AST]:
    """Return all modules of the package except generated ones."""
    for file in PACKAGE.rglob("*.py"):
        if "generated" not in file.parts:
            yield from ast.walk(ast.parse(file.read_text()))


def lines(function: Function) -> int:
    """Return the length of a function, without its head and its docstring."""
    body = function.body[ast.get_docstring(function) is not None :]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions_are_short() -> None:
    """Half of the functions, and nine out of ten, are within these lengths."""
    lengths = [lines(node) for node in nodes() if isinstance(node, Function)]
    assert median(lengths) <= MEDIAN
    assert quantiles(lengths, n=10)[-1] <= NINETIETH


def test_classes_have_few_methods() -> None:
    """A class has at most twenty methods; the listed exceptions are exactly those with more."""
    classes = {node.name: node.body for node in nodes() if isinstance(node, ast.ClassDef)}
    methods = {name: sum(isinstance(member, Function) for member in body) for name, body in classes.items()}
    assert {name for name, count in methods.items() if count > METHODS} == LARGER.keys()
