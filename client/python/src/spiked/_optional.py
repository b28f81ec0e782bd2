"""Packages that may be missing."""

from __future__ import annotations

import importlib
from typing import Any


def need(package: str, what: str) -> Any:
    """The package, or an ImportError that says how to get it."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        name = package.partition(".")[0]
        raise ImportError(
            f"{what} needs the package {name!r}: pip install {name} (Debian: python3-{name})"
        ) from error


def axes_for(axes: Any, what: str) -> Any:
    """The axes to draw on: those of matplotlib that are given, or new ones."""
    return need("matplotlib.pyplot", what).subplots()[1] if axes is None else axes
