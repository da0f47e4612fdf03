"""`doctor` as a command; tests/unit/doctor tests its findings."""

from pathlib import Path

from click.testing import CliRunner, Result

from locust_push.cli.main import main
from tests.unit.delivery.server import reply, serving


def doctor(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["doctor", *map(str, arguments)])


def test_good_findings_end_with_what_to_type() -> None:
    """If pushing would work the exit code is 0."""
    with serving() as server:
        result = doctor(server.url)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith(f"  locust-push run -f locustfile.py --push-url {server.url}\n")


def test_each_failure_has_its_mend() -> None:
    """If pushing would not work the exit code is 1; secrets are not shown."""
    with serving(reply(401, b"who is u:geheim?")) as server:
        result = doctor(f"http://u:geheim@{server.host}/write")
    assert result.exit_code == 1
    assert "auth: check user name and password" in result.stdout
    assert f"Error: pushing to {server.url} would not work\n" in result.stderr
    assert "geheim" not in result.output


def test_a_folder_for_an_archive_is_looked_at(tmp_path: Path) -> None:
    """The folder of an archive may be missing, but must not be a file."""
    (tmp_path / "file").touch()
    assert doctor(f"file:{tmp_path}/new/runs").exit_code == 0
    assert doctor(f"file:{tmp_path}/file/runs").exit_code == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_url_that_cannot_be_is_wrong_usage() -> None:
    """An invalid URL is exit code 2."""
    assert doctor("localhost:9090").exit_code == 2


def test_what_is_installed_is_shown_without_a_server() -> None:
    """--self together with a URL, or neither, is a usage error."""
    result = doctor("--self")
    assert result.exit_code == 0, result.output
    assert "remote-write" in result.stdout
    assert doctor("--self", "http://localhost:1/write").exit_code == 2
    assert "--self" in doctor().stderr
