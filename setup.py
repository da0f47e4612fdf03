"""The part of the package that is compiled, and the files that it carries; everything else stands in pyproject.toml.

Here, since setuptools calls the tables experimental that pyproject.toml may name it by, and they know no conditions.
``LOCUST_PUSH_PURE=1`` builds without it, for the wheel that works everywhere.
"""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

# PyPy makes Python fast by itself, and without a global lock compiled.c would need one of its own.
suitable = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
wanted = suitable and not os.environ.get("LOCUST_PUSH_PURE")
compiled = Extension(
    "locust_push.core.hot_path.compiled",
    ["locust_push/core/hot_path/compiled.c"],
    py_limited_api=True,
    # Without a compiler, plain.py takes its place; a build of wheels must not do so unnoticed.
    optional=not os.environ.get("LOCUST_PUSH_REQUIRE_COMPILED"),
)


class BuildWithFiles(build_py):
    """Puts what `locust-push init` writes into the package; in a checkout it is found where it is."""

    files = ("docker-compose.yml", ".env.example", "monitoring", "examples")

    def run(self) -> None:
        """Copy the files after the modules."""
        super().run()
        if self.editable_mode:
            return
        folder = Path(self.build_lib, "locust_push", "init", "packaged")
        for name in self.files:
            if Path(name).is_dir():
                ignored = shutil.ignore_patterns("*.py", "__pycache__", "generate")
                shutil.copytree(name, folder / name, ignore=ignored, dirs_exist_ok=True)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(name, folder / name)


setup(
    cmdclass={"build_py": BuildWithFiles},
    ext_modules=[compiled] if wanted else [],
    # Of all Python's ABIs the one that compiled.c keeps to: one wheel for all versions from 3.11 on.
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if wanted else {},
)
