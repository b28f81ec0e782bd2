"""Words and tables for reprs, on a terminal and in a notebook."""

from __future__ import annotations

import difflib
import html
import shutil
from collections.abc import Iterable, Sequence

# What a cell may take, and the last one at least, where a line is too long.
_CELL_WIDTH, _LAST_WIDTH = 46, 12


def unknown(what: str, known: Iterable[str]) -> str:
    """What is wrong with a name that is not known, and which were."""
    names = list(known)
    close = difflib.get_close_matches(what, names, n=1)
    if close:
        return f"{what!r}; did you mean {close[0]!r}?"
    verb = "are" if len(names) > 1 else "is"
    return f"{what!r}; there {verb} {', '.join(names) or 'none'}"


def count(number: int, what: str) -> str:
    """``1 neuron``, ``1,234 neurons``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def number(value: float) -> str:
    """A number as people write it: 200, 200.1, 1,763,800.1."""
    text = f"{value:,.4f}".rstrip("0").rstrip(".")
    return text if float(text.replace(",", "")) == value else f"{value!r}"


def memory(number_of_bytes: int) -> str:
    """``24.1 KiB``."""
    size, unit = float(number_of_bytes), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.3g} {unit}"


def milliseconds(value: float) -> str:
    """``200.1 ms``."""
    return f"{number(value)} ms"


def table_text(head: Sequence[str], rows: Sequence[Sequence[str]], *, whole: bool = False) -> str:
    """A table for a terminal; unless it is to be shown whole, what is too long is cut."""
    cells = [list(row) for row in (head, *rows)]
    if not whole:
        cells = [[_cut(cell, _CELL_WIDTH) for cell in row[:-1]] + row[-1:] for row in cells]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if not whole:
        before = sum(width + 2 for width in widths[:-1]) + 2
        terminal = shutil.get_terminal_size(fallback=(120, 24)).columns
        last = max(_LAST_WIDTH, terminal - before)
        cells = [[*row[:-1], _cut(row[-1], last)] for row in cells]
    padded = [[cell.ljust(widths[k]) for k, cell in enumerate(row)] for row in cells]
    return "\n".join("  " + "  ".join(row).rstrip() for row in padded)


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """A table for a notebook."""
    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    body = "".join(_row_html("td", row) for row in rows)
    return f"<table>{title}<thead>{_row_html('th', head)}</thead><tbody>{body}</tbody></table>"


def _row_html(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
