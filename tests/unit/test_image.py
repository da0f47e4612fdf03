"""The Dockerfile copies existing and sufficient files, and needs neither root nor a writable root file system."""

import re
from pathlib import Path

import pytest

from locust_push import __version__
from locust_push.init.plan import STACK_DOCKERFILE

REPOSITORY = Path(__file__).parents[2]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
LAST_STAGE = DOCKERFILE.rpartition("\nFROM ")[2]


def copied() -> set[str]:
    """Return the files that are copied from the checkout."""
    lines = re.findall(r"^COPY ([^-].*)$", DOCKERFILE, re.MULTILINE)
    return {name.removeprefix("./") for line in lines for name in line.split()[:-1]}


def test_all_that_a_wheel_is_made_of_is_copied() -> None:
    """Everything that setup.py needs is copied, including the files of `locust-push init`."""
    files = re.search(r"files = \((.*)\)", (REPOSITORY / "setup.py").read_text())
    assert files is not None
    assert copied() >= {"pyproject.toml", "setup.py", "README.md", "LICENSE", "locust_push"}
    assert copied() >= set(re.findall(r'"([^"]+)"', files[1]))


def test_docker_is_sent_what_is_copied_and_nothing_else() -> None:
    """.dockerignore excludes all other files, including .env and .git."""
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert lines[0] == "*"
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == copied()
    assert [name for name in copied() if not (REPOSITORY / name).exists()] == []


@pytest.mark.parametrize("stage", [LAST_STAGE, STACK_DOCKERFILE], ids=["ours", "of init"])
def test_the_image_needs_neither_root_nor_a_writable_root_file_system(stage: str) -> None:
    """The user has a number, as Kubernetes' runAsNonRoot requires; writable folders are volumes."""
    assert re.search(r"^USER [1-9]\d+$", stage, re.MULTILINE)
    volumes = re.search(r"^VOLUME (.*)$", stage, re.MULTILINE)
    assert volumes is not None
    spool = re.search(r"LOCUST_PUSH_SPOOL=(\S+)", stage)
    assert spool is not None
    assert f'"{spool[1]}"' in volumes[1]
    assert "PYTHONDONTWRITEBYTECODE=1" in stage
    assert "\nHEALTHCHECK NONE\n" in stage


def test_the_extras_are_chosen_at_build_time() -> None:
    """Ours has that for AWS by default; that of init installs its own version, from a wheel if one is given."""
    assert "\nARG EXTRAS=notify,logs,aws\n" in DOCKERFILE
    assert f'"locust-push[$EXTRAS]=={__version__}"' in STACK_DOCKERFILE
    assert "--find-links /wheels" in STACK_DOCKERFILE


def test_the_image_says_what_it_is() -> None:
    """OCI labels describe the image; the release adds its source."""
    labels = set(re.findall(r"org\.opencontainers\.image\.([a-z.]+)=", LAST_STAGE))
    assert labels >= {"title", "description", "licenses", "version", "base.name"}


def test_the_compiler_stays_behind() -> None:
    """The last stage has the slim base and only the installed packages."""
    assert LAST_STAGE.startswith("python:3.13.5-slim-")
    assert re.findall(r"^COPY .*$", LAST_STAGE, re.MULTILINE) == [
        "COPY --from=environment /opt/locust-push /opt/locust-push"
    ]
