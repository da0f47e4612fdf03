"""The command line, without starting processes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from locust_push.cli.main import COMMANDS, main
from locust_push.core.hot_path.selection import COMPILED
from locust_push.version import __version__

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_lists_each_command_in_one_line(command: str) -> None:
    """The help lists all commands, with their purpose."""
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert re.search(rf"^  {command} +\S", result.output, re.MULTILINE)


def test_each_file_of_the_command_line_that_holds_a_command_is_listed() -> None:
    """Each command's file is listed in COMMANDS."""
    files = {path.stem for path in (ROOT / "locust_push/cli").glob("*.py")}
    written = {name for name in files if f"def {name}(" in (ROOT / f"locust_push/cli/{name}.py").read_text()}
    assert written - {"main"} == set(COMMANDS)


def test_an_unknown_command_is_wrong_usage() -> None:
    """An unknown command is exit code 2, as usual in click."""
    result = CliRunner().invoke(main, ["dance"])
    assert (result.exit_code, "No such command 'dance'" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--push-url", "localhost:9090"], "--push-url"),
        (["--push-url", "ftp://u:geheim@host/"], "unsupported scheme"),
        (["--duration", "0"], "is not longer than 0"),
        (["--duration", "soon"], "is not a duration"),
        (["--directory", str(Path(__file__))], "is a file"),
    ],
)
def test_a_bad_option_of_the_demo_is_told_before_anything_starts(arguments: list[str], words: str) -> None:
    """One line names the option and the fix, without secrets; exit code 2."""
    result = CliRunner().invoke(main, ["demo", *arguments])
    assert result.exit_code == 2
    assert words in result.output
    assert "geheim" not in result.output


def test_a_directory_that_cannot_be_made_is_a_failure_in_one_line(tmp_path: Path) -> None:
    """An unwritable directory is exit code 1, before anything starts."""
    (tmp_path / "file").touch()
    result = CliRunner().invoke(main, ["demo", "--directory", str(tmp_path / "file" / "inner")])
    assert result.exit_code == 1
    assert result.output.startswith("Error: --directory")
    assert result.output.count("\n") == 1


def test_the_command_line_does_without_locust() -> None:
    """Only `run` imports Locust, which takes 300 ms and patches the standard library."""
    program = (
        "import sys; from locust_push.cli.main import COMMANDS, main\n"
        "for name in COMMANDS: main.get_command(None, name)\n"
        "print(sorted({'locust', 'gevent'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_a_command_does_not_pay_for_the_imports_of_others() -> None:
    """`run` starts without importing the libraries for tables and progress bars."""
    program = (
        "import sys; from locust_push.cli.main import main\n"
        "main.get_command(None, 'run')\n"
        "print(sorted({'rich', 'google.protobuf', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_python_m_is_the_same_command() -> None:
    """`python -m locust_push` works without the script on PATH."""
    done = subprocess.run(
        [sys.executable, "-m", "locust_push", "--version"], check=True, capture_output=True, text=True
    )
    kind = "compiled" if COMPILED else "in Python"
    first = f"locust-push, version {__version__}, hot path {kind}\n"
    assert done.stdout == f"{first}remote-write 2.0, 1.0\narchive 1\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete_commands(shell: str) -> None:
    """Shell completion works as docs/cli.md describes."""
    environ = os.environ | {"_LOCUST_PUSH_COMPLETE": f"{shell}_source"}
    command = [sys.executable, "-c", "from locust_push.cli.main import main; main(prog_name='locust-push')"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    assert f"_LOCUST_PUSH_COMPLETE={shell}_complete" in done.stdout
    environ |= {"_LOCUST_PUSH_COMPLETE": f"{shell}_complete", "COMP_WORDS": "locust-push tr", "COMP_CWORD": "1"}
    if shell == "fish":
        environ["COMP_CWORD"] = "tr"
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    assert "trend" in done.stdout


def commands_named(text: str) -> set[str]:
    """Return the commands that a document mentions as ``locust-push <command>``, in code."""
    code = re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL)
    return {name for piece in code for name in re.findall(r"\blocust-push ([a-z]+)", piece)}


@pytest.mark.parametrize("name", ["README.md", "docs/architecture.md"])
def test_commands_that_the_documents_name_exist(name: str) -> None:
    """Every command that a document mentions exists."""
    named = commands_named((ROOT / name).read_text())
    assert named
    assert named <= set(COMMANDS)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub generates for the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "name", [str(page.relative_to(ROOT)) for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))]
)
def test_what_the_documents_link_to_exists(name: str) -> None:
    """Each link to a file leads to an existing one, and with an anchor to a heading in it."""
    document = ROOT / name
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", document.read_text())
    pages = [((document.parent / path) if path else document, anchor) for path, anchor in links]
    assert [page for page, _ in pages if not page.exists()] == []
    assert [anchor for page, anchor in pages if anchor and anchor not in anchors(page)] == []


def test_options_that_the_readme_names_exist() -> None:
    """Each --push-… in the docs is an option of Locust's command line, each other one of `demo`."""
    from locust_push.options.table import OPTIONS  # noqa: PLC0415  # for this test alone

    demo = main.get_command(click.Context(main), "demo")
    assert demo is not None
    known = {option.flag for option in OPTIONS} | {name for param in demo.params for name in param.opts}
    named = set(re.findall(r"--push-[a-z-]*[a-z]", (ROOT / "README.md").read_text()))
    assert named
    assert named <= known
