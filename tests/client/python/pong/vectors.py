"""The test vectors that all languages share; client/pong/README.md says what they are."""

import json
from pathlib import Path
from typing import Any

_PATH = Path(__file__).resolve().parents[4] / "client" / "pong" / "vectors.json"

VECTORS: dict[str, Any] = json.loads(_PATH.read_text(encoding="utf-8"))
