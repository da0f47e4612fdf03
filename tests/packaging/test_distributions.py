"""The wheels and the source distribution: their contents, and that they work by themselves."""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, Build

needs_a_compiler = pytest.mark.skipif(
    shutil.which("cc") is None, reason="no C compiler here to build the compiled wheel with"
)


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def modules_of_the_package() -> set[str]:
    package = ROOT / "locust_push"
    return {file.relative_to(ROOT).as_posix() for file in package.rglob("*.py") if "__pycache__" not in file.parts}


def test_the_pure_wheel_fits_every_platform(pure_wheel: Path) -> None:
    """Its tags have no ABI and no platform, and it contains nothing compiled."""
    assert pure_wheel.name.endswith("-py3-none-any.whl")
    assert not [name for name in names_in(pure_wheel) if name.endswith((".so", ".pyd"))]


@needs_a_compiler
def test_the_compiled_wheel_keeps_to_the_stable_abi(compiled_wheel: Path) -> None:
    """One wheel serves every Python from 3.11 on, by its tag and by an audit of its symbols."""
    assert "-cp311-abi3-" in compiled_wheel.name
    audit = subprocess.run(
        [sys.executable, "-m", "abi3audit", "--strict", compiled_wheel], capture_output=True, text=True, check=False
    )
    assert audit.returncode == 0, audit.stdout + audit.stderr


@pytest.mark.parametrize("wheel", ["pure_wheel", pytest.param("compiled_wheel", marks=needs_a_compiler)])
def test_a_wheel_holds_the_package_and_nothing_else(wheel: str, request: pytest.FixtureRequest) -> None:
    """It contains every module; tests, benchmarks and C sources are not included."""
    names = names_in(request.getfixturevalue(wheel))
    assert modules_of_the_package() <= set(names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"locust_push"}
    assert not [name for name in names if name.endswith(".c")]


def test_the_source_distribution_builds_the_same_wheel(
    source_distribution: Path, build: Build, pure_wheel: Path, tmp_path: Path
) -> None:
    """Its contents are enough to build a wheel with the same files, and include the extension's source."""
    with tarfile.open(source_distribution) as archive:
        archive.extractall(tmp_path, filter="data")
    [unpacked] = tmp_path.iterdir()
    assert (unpacked / "locust_push/core/hot_path/compiled.c").is_file()
    assert sorted(names_in(build("wheel", unpacked=unpacked, LOCUST_PUSH_PURE="1"))) == sorted(names_in(pure_wheel))


@pytest.fixture(scope="module")
def fresh_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of programs of a new virtual environment."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    return folder / "bin"


def without_a_compiler(programs: Path) -> dict[str, str]:
    """Return environment variables whose PATH has only the programs of an environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST", "PYTHON"))}
    return kept | {"PATH": str(programs)}


def test_the_demo_runs_from_the_pure_wheel_without_a_compiler(
    fresh_environment: Path, pure_wheel: Path, tmp_path: Path
) -> None:
    """In a new environment outside the checkout, installing the wheel is enough to run the demo."""
    environ = without_a_compiler(fresh_environment)

    def run(*command: str | Path) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    run(fresh_environment / "python", "-m", "pip", "install", "--quiet", pure_wheel)
    assert "hot path in Python" in run(fresh_environment / "locust-push", "--version")
    assert "p95" in run(fresh_environment / "locust-push", "demo", "--duration", "2s")
    (tmp_path / "project").mkdir()
    run(fresh_environment / "locust-push", "init", "project", "--ci", "github")
    assert same_text("project/.github/workflows/load-test.yml", "examples/github-actions.yml", tmp_path)
    dashboard = "monitoring/grafana/dashboards/live.json"
    assert same_text(f"project/locust-push-stack/{dashboard}", dashboard, tmp_path)


def same_text(written: str, original: str, folder: Path) -> bool:
    return (folder / written).read_text() == (ROOT / original).read_text()


@needs_a_compiler
def test_the_compiled_wheel_brings_its_hot_path(compiled_wheel: Path, tmp_path: Path) -> None:
    """Installed without a compiler on PATH, the compiled hot path is used."""
    with zipfile.ZipFile(compiled_wheel) as archive:
        archive.extractall(tmp_path)  # noqa: S202  # built above
    program = "from locust_push.core.hot_path import selection; print(selection.COMPILED, selection.__file__)"
    environ = without_a_compiler(tmp_path) | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", str(tmp_path / "locust_push/core/hot_path/selection.py")]
