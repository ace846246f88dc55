"""How a Library shows itself: one line of text, or a small table of its newest jobs."""

from __future__ import annotations

import html
import time
from collections.abc import Iterable
from pathlib import Path

from framepack_widgets.job import JobRecord
from framepack_widgets.library.sizes import LibrarySize

SHOWN = 8
_PROMPT = 60  # characters of a prompt in the table


def as_text(path: Path, size: LibrarySize) -> str:
    """One line."""
    return f"<Library {path}: {size}>"


def as_html(path: Path, size: LibrarySize, newest: Iterable[JobRecord]) -> str:
    """Path, size and the newest jobs; every text is escaped."""
    rows = "".join(_row(record) for record in newest)
    head = "".join(
        f'<th style="text-align:left">{name}</th>'
        for name in ("job", "when", "state", "prompt", "clip")
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    return (
        f"<div><p><b>Library</b> <code>{html.escape(str(path))}</code><br>"
        f"{html.escape(str(size))}</p>{table}</div>"
    )


def _row(record: JobRecord) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.created_at))
    prompt = str(record.settings.prompt or "")
    if len(prompt) > _PROMPT:
        prompt = prompt[: _PROMPT - 1] + "…"
    state = f"{record.state}{', partial' if record.partial else ''}"
    cells = (record.id, when, state, prompt, record.clip or "")
    return "<tr>" + "".join(
        f'<td style="text-align:left">{html.escape(cell)}</td>' for cell in cells
    ) + "</tr>"  # fmt: skip
