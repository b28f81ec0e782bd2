"""Says what Grafana would not take of a dashboard: check.py FILE.

By the types that Grafana publishes (grafana-foundation-sdk): what they do not know is
lost when a dashboard is read and written again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(ours: object, theirs: object, path: str) -> Iterator[str]:
    """Where what we have written differs from what Grafana has made of it."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key in theirs:
                yield from lost(value, theirs[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs)):
            yield from lost(one, other, f"{path}[{number}]")
    elif ours != theirs:
        yield f"{path}: {ours!r} becomes {theirs!r}"


register_default_plugins()
dashboard = json.loads(Path(sys.argv[1]).read_text())
known = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(dashboard)))
unknown = list(lost(dashboard, known, ""))
print(*unknown, sep="\n", end="\n" if unknown else "")
print(f"{len(dashboard['panels'])} panels, {len(unknown)} fields that Grafana does not know")
sys.exit(bool(unknown))
