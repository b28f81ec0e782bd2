"""The page that is made of the contract's comments."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PROTO = Path(__file__).resolve().parents[2] / "proto"


def test_the_page_tells_of_every_part_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    subprocess.run([sys.executable, PROTO / "reference.py", tmp_path / "page.md"], check=True)
    page = (tmp_path / "page.md").read_text()
    contract = "".join(path.read_text() for path in sorted(PROTO.glob("spiked/v1/*.proto")))
    contract = re.sub(r"//.*", "", contract)
    headings = set(re.findall(r"^##+ (.+)$", page, re.MULTILINE))
    parts = re.findall(r"^(?:message|enum|service) (\w+)|^  rpc (\w+)", contract, re.MULTILINE)
    assert len(parts) > 100
    assert {"".join(names) for names in parts} <= headings
    told = set(re.findall(r"^\| `(\w+)` \| \d+ \| .*\w.* \|$", page, re.MULTILINE))
    fields = set(re.findall(r"(\w+) = \d+\s*[;\[]", contract))
    assert fields == told
    anchors = {heading.lower() for heading in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= anchors
    assert page.count(", without side effects\n") == contract.count("NO_SIDE_EFFECTS") > 10
