"""``locust-push init``: detection, written files, and files that are kept."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from locust_push.cli.main import main
from locust_push.init.plan import IGNORED, CiSystem, detected

STACK = "locust-push-stack"


def init(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", str(project), *arguments])


def files_below(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("sign", "pipeline"),
    [
        (".github/workflows/tests.yml", CiSystem.GITHUB),
        (".gitlab-ci.yml", CiSystem.GITLAB),
        ("Jenkinsfile", CiSystem.JENKINS),
        ("k8s/service.yaml", CiSystem.KUBERNETES),
    ],
)
def test_a_ci_system_is_found_by_its_files(tmp_path: Path, sign: str, pipeline: CiSystem) -> None:
    """Each system is detected by its files."""
    (tmp_path / sign).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / sign).touch()
    assert detected(tmp_path) == [pipeline]


def test_the_pipeline_of_the_system_that_was_found_is_written(tmp_path: Path) -> None:
    """Without an option, the files of the project decide."""
    (tmp_path / ".github").mkdir()
    assert init(tmp_path, "--no-stack").exit_code == 0
    assert "locust-push run" in (tmp_path / ".github/workflows/load-test.yml").read_text()


def test_nothing_that_exists_is_overwritten(tmp_path: Path) -> None:
    """A second call changes no file, and reports all of them as kept."""
    init(tmp_path, "--ci", "github")
    before = files_below(tmp_path)
    workflow = tmp_path / ".github/workflows/load-test.yml"
    workflow.write_text("mine")
    result = init(tmp_path, "--ci", "github")
    assert files_below(tmp_path) == before | {".github/workflows/load-test.yml": "mine"}
    assert (result.exit_code, "written" in result.output, "exists, kept" in result.output) == (0, False, True)


def test_a_pipeline_beside_one_that_exists_says_how_to_include_it(tmp_path: Path) -> None:
    """GitLab reads one file, the project's own: ours is written beside it, with the line to include it."""
    (tmp_path / ".gitlab-ci.yml").write_text("mine")
    result = init(tmp_path, "--no-stack")
    assert (tmp_path / ".gitlab-ci.yml").read_text() == "mine"
    assert "load-test:" in (tmp_path / ".gitlab/load-test.yml").read_text()
    assert "include: [{local: .gitlab/load-test.yml}]" in result.output


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    """A dry run shows the same files, and writes nothing."""
    result = init(tmp_path, "--ci", "jenkins", "--dry-run")
    assert (result.exit_code, files_below(tmp_path)) == (0, {})
    assert "Jenkinsfile" in result.output
    assert "would be written" in result.output


def test_the_stack_needs_no_checkout(tmp_path: Path) -> None:
    """Every file that its compose file mounts or builds from is written."""
    init(tmp_path, "--ci", "github")
    stack = tmp_path / STACK
    compose = yaml.safe_load((stack / "docker-compose.yml").read_text())
    mounted = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
        if isinstance(volume, str) and volume.startswith("./")
    }
    assert mounted
    assert [path for path in mounted if not (stack / path).exists()] == []
    assert (stack / "Dockerfile").is_file()
    assert "LOCUSTFILE=./locustfile.py" in (stack / ".env.example").read_text()
    assert "locust_push/demo" not in (stack / "docker-compose.yml").read_text()


@pytest.mark.parametrize("before", [None, "", "*.log", "*.log\n", "runs/\n"])
def test_lines_are_added_to_gitignore_once(tmp_path: Path, before: str | None) -> None:
    """Files that runs write are ignored; existing lines stay, without duplicates."""
    file = tmp_path / ".gitignore"
    if before is not None:
        file.write_text(before)
    init(tmp_path, "--no-stack", "--ci", "github")
    init(tmp_path, "--no-stack", "--ci", "github")
    lines = file.read_text().splitlines()
    assert [line for line in IGNORED if lines.count(line) != 1] == []
    assert lines[: len((before or "").splitlines())] == (before or "").splitlines()


def test_without_a_known_system_the_option_is_named(tmp_path: Path) -> None:
    """A project without CI gets the stack, and a hint on how to get a pipeline."""
    result = init(tmp_path)
    assert result.exit_code == 0
    assert "--ci github" in result.output


def test_a_folder_that_cannot_be_written_is_a_failure_in_one_line(tmp_path: Path) -> None:
    """A file in place of a folder is exit code 1, with the path."""
    (tmp_path / STACK).touch()
    result = init(tmp_path, "--ci", "github")
    assert result.exit_code == 1
    assert STACK in result.output
