"""Words and tables for reprs."""

from __future__ import annotations

import pytest

from spiked._text import count, memory, milliseconds, number, table_html, table_text, unknown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (200.0, "200"),
        (200.1, "200.1"),
        (1763800.1, "1,763,800.1"),
        (0.0, "0"),
        (-3.0, "-3"),
        (1e-6, "1e-06"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_numbers_are_written_in_full(value: float, text: str) -> None:
    assert number(value) == text


def test_counts_have_their_plural() -> None:
    assert count(1, "neuron") == "1 neuron"
    assert count(1234, "neuron") == "1,234 neurons"
    assert count(2, "synapse") == "2 synapses"
    assert milliseconds(1.5) == "1.5 ms"


def test_unknown_names_are_told_with_what_was_meant_or_with_what_there_is() -> None:
    assert unknown("V_thr", ["V_th", "E_L"]) == "'V_thr'; did you mean 'V_th'?"
    assert unknown("x", ["left", "right"]) == "'x'; there are left, right"
    assert unknown("x", ["left"]) == "'x'; there is left"
    assert unknown("x", []) == "'x'; there is none"


def test_memory_has_its_unit() -> None:
    assert memory(100) == "100 B"
    assert memory(24_700) == "24.1 KiB"
    assert memory(3 * 2**30) == "3 GiB"


def test_tables_line_up() -> None:
    assert table_text(["a", "b"], [["x", "yyy"]]) == "  a  b\n  x  yyy"


def test_tables_fit_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    table = table_text(["first", "last"], [["x" * 10, "y" * 100]])
    assert max(map(len, table.splitlines())) == 30
    assert table.endswith("y…")
    assert table_text(["a", "b"], [["x", "y" * 100]], whole=True).endswith("y" * 100)


def test_tables_of_notebooks_escape_what_users_wrote() -> None:
    assert "<script>" not in table_html(["a"], [["<script>"]], caption="<script>")
