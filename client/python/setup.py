"""Builds the package with its stubs; all else is said in pyproject.toml.

In a checkout the stubs are made of the contract; a source distribution comes with them.
"""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generate_stubs import CONTRACT, SOURCES, compiler, generate

IN_CHECKOUT = CONTRACT.is_dir()


class BuildWithStubs(build_py):
    """Puts the stubs beside the modules that are built."""

    def run(self) -> None:
        """Builds, then generates."""
        super().run()
        if IN_CHECKOUT:
            # An editable installation is the sources themselves.
            generate(SOURCES if self.editable_mode else Path(self.build_lib).resolve())


setup(
    # In pyproject.toml, how to say this depends on the version of setuptools.
    license="Apache-2.0",
    cmdclass={"build_py": BuildWithStubs},
    # Where nothing on the machine can make the stubs, pip brings what can.
    setup_requires=["grpcio-tools"] if IN_CHECKOUT and compiler() is None else [],
)
