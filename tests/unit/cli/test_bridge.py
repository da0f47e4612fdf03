from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from locust_push.cli.main import main

SECRET = "very-secret-token"  # noqa: S105  # of nobody


def bridge(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(main, ["bridge", *arguments], env=environ)


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["--push-notify", f"slack://{SECRET}"], {}),
        (["--push-notify", SECRET], {}),
        ([], {"LOCUST_PUSH_NOTIFY": f"json://127.0.0.1/ nothing://{SECRET}"}),
    ],
)
def test_mistaken_channels_are_usage_errors(arguments: list[str], environ: dict[str, str]) -> None:
    """An invalid channel is exit code 2, without the URL."""
    result = bridge(*arguments, **environ)
    assert result.exit_code == 2
    assert "--push-notify" in result.output
    assert SECRET not in result.output


def test_a_file_of_channels_is_checked_line_by_line(tmp_path: Path) -> None:
    """Comments and blank lines are skipped; other lines must be URLs."""
    file = tmp_path / "channels"
    file.write_text(f"# mine\n\n{SECRET}\n")
    result = bridge("--notify-file", str(file))
    assert (result.exit_code, SECRET in result.output) == (2, False)
    assert "--notify-file" in result.output


def test_an_empty_token_is_a_usage_error(tmp_path: Path) -> None:
    """An empty token is refused, since it would admit everyone."""
    file = tmp_path / "token"
    file.write_text("\n")
    result = bridge("--token-file", str(file))
    assert result.exit_code == 2
    assert "is empty" in result.output


@pytest.mark.parametrize("text", ["9095", "localhost:", "localhost:http", "localhost:65536"])
def test_an_address_has_host_and_port(text: str) -> None:
    """An invalid address is a usage error."""
    assert bridge("--listen", text).exit_code == 2


def test_a_port_that_is_taken_ends_it() -> None:
    """A port in use is exit code 1, with the address and the reason."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = bridge("--listen", address)
    assert result.exit_code == 1
    assert f"--listen {address}: Address already in use" in result.output
