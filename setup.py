"""The one part of the package that is compiled; everything else of it stands in pyproject.toml.

Here, since setuptools calls the tables experimental that pyproject.toml may name it by, and they know no conditions.
``LOCUST_PUSH_PURE=1`` builds without it, for the wheel that works everywhere.
"""

import os
import sys
import sysconfig

from setuptools import Extension, setup

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
setup(
    ext_modules=[compiled] if wanted else [],
    # Of all Python's ABIs the one that compiled.c keeps to: one wheel for all versions from 3.11 on.
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if wanted else {},
)
