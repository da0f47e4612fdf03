"""Habits that tools do not check: every test states its behaviour in a sentence."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

FILES = sorted(TESTS.rglob("test_*.py"))


def functions_of(file: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(ast.parse(file.read_text()))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [function for function in functions if function.name.startswith("test_")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(TESTS)))
def test_every_test_states_a_behaviour(file: Path) -> None:
    """Each test has a docstring of one sentence that ends with a full stop or similar."""
    functions = functions_of(file)
    assert functions, "a test file without a test"
    silent = [function.name for function in functions if not (ast.get_docstring(function) or "").endswith((".", "?"))]
    assert not silent
