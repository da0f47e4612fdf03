"""Distributions that are built once for all tests of this folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Build = Callable[..., Path]

PARTS = (
    *("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md", "proto", "locust_push"),
    *("docker-compose.yml", ".env.example", "monitoring", "examples"),
)
"""What distributions are built from."""


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the checkout without build results, which setuptools would include in the package."""
    folder = tmp_path_factory.mktemp("source")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
        else:
            shutil.copy(ROOT / part, folder / part)
    return folder


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Build:
    """Build a distribution from a copy of the checkout, or from ``unpacked``, and return its file."""

    def built(kind: str, *, unpacked: Path | None = None, **environ: str) -> Path:
        folder = tmp_path_factory.mktemp(kind)
        command = [sys.executable, "-m", "build", f"--{kind}", "--outdir", str(folder), str(unpacked or source)]
        done = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        [file] = folder.iterdir()
        return file

    return built


@pytest.fixture(scope="session")
def pure_wheel(build: Build) -> Path:
    return build("wheel", LOCUST_PUSH_PURE="1")


@pytest.fixture(scope="session")
def compiled_wheel(build: Build) -> Path:
    return build("wheel", LOCUST_PUSH_REQUIRE_COMPILED="1")


@pytest.fixture(scope="session")
def source_distribution(build: Build) -> Path:
    return build("sdist", LOCUST_PUSH_PURE="1")
