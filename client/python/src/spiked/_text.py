"""Words and tables for reprs, on a terminal and in a notebook."""

from __future__ import annotations

import difflib
import html
from collections.abc import Iterable, Sequence

# A terminal's line holds a few columns of this.
_CELL_WIDTH = 46


def unknown(what: str, known: Iterable[str]) -> str:
    """What is wrong with a name that is not known, and which were."""
    names = list(known)
    close = difflib.get_close_matches(what, names, n=1)
    if close:
        return f"{what!r}; did you mean {close[0]!r}?"
    return f"{what!r}; there is {', '.join(names) or 'none'}"


def count(number: int, what: str) -> str:
    """``1 neuron``, ``1,234 neurons``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def number(value: float) -> str:
    """A number as people write it: 200, 200.1, 1,763,800.1."""
    text = f"{value:,.4f}".rstrip("0").rstrip(".")
    return text if float(text.replace(",", "")) == value else f"{value!r}"


def milliseconds(value: float) -> str:
    """``200.1 ms``."""
    return f"{number(value)} ms"


def table_text(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, cut: int | None = _CELL_WIDTH
) -> str:
    """A table for a terminal; texts longer than `cut` are cut."""
    cells = [[_cut(cell, cut) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    padded = [[cell.ljust(widths[k]) for k, cell in enumerate(row)] for row in cells]
    return "\n".join("  " + "  ".join(row).rstrip() for row in padded)


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """A table for a notebook."""
    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    body = "".join(_row_html("td", row) for row in rows)
    return f"<table>{title}<thead>{_row_html('th', head)}</thead><tbody>{body}</tbody></table>"


def _row_html(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _cut(text: str, width: int | None) -> str:
    return text if width is None or len(text) <= width else text[: width - 1] + "…"
