"""The server's queue in an answer: a table, or a page of HTML. Pure.

Columns are found by their headings where the table has any, rows of a page by the id they carry.
Everything in it is another machine's text, prompts of strangers included.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from framepack_widgets.labels import bare
from framepack_widgets.studio.protocol import QueueRow
from framepack_widgets.studio.wire import Endpoint

LABEL = "Job Queue"

# Heading of a column -> field of a QueueRow; in the order of tables without headings.
_COLUMNS: Mapping[str, str] = {
    "jobid": "id",
    "type": "type",
    "status": "status",
    "created": "created",
    "started": "started",
    "completed": "completed",
    "elapsed": "elapsed",
    "preview": "thumbnail",
}
_TAG = re.compile(r"<[^<>]*>")
_ID = re.compile(r"\bdata-job-id\s*=\s*([\"'])(.*?)\1", re.IGNORECASE | re.DOTALL)
_NEXT_TAG = re.compile(r"\s*<[^<>]*>")
_ROW = re.compile(
    r"\bclass\s*=\s*[\"'](?:[^\"']*\s)?queue-row(?:-status-[\w-]+)?[\s\"']", re.IGNORECASE
)
_STATUS = re.compile(r"\bqueue-row-status-(?!icon\b)([\w-]+)", re.IGNORECASE)
_TYPE = re.compile(r">\s*Type\s*<[^<>]*>\s*<[^<>]*>\s*([^<>]*?)\s*<", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/[\w.+-]+;base64,([A-Za-z0-9+/=]+)")


def queue_rows(endpoint: Endpoint, data: Sequence[Any]) -> list[QueueRow]:
    """The queue in an answer; empty where the answer carries none."""
    for _, table in endpoint.values(data, "dataframe"):
        cells = table.get("data") if isinstance(table, Mapping) else None
        if isinstance(cells, Sequence) and not isinstance(cells, str):
            fields = _fields(table.get("headers"))
            rows = [row for row in cells if isinstance(row, Sequence) and not isinstance(row, str)]
            return [_row(dict(zip(fields, row))) for row in rows]
    pages = [
        page
        for label, page in endpoint.values(data, "html")
        if isinstance(page, str) and is_queue(label, page)
    ]
    return _rows_of_page(pages[0]) if pages else []


def is_queue(label: str, page: str) -> bool:
    """Whether a piece of HTML is the queue, and not a progress bar."""
    return bare(label).startswith(bare(LABEL)) or bool(_ID.search(page))


def _fields(headers: Any) -> list[str]:
    """The field that each column is, "" for others."""
    usual = list(_COLUMNS.values())
    if not isinstance(headers, Sequence) or isinstance(headers, str):
        return usual
    named = [_COLUMNS.get(bare(str(header)), "") for header in headers]
    return named if {"id", "status"} <= set(named) else usual


def _row(cells: Mapping[str, Any]) -> QueueRow:
    texts = {
        name: str(cells.get(name) or "").strip()
        for name in ("id", "type", "status", "created", "started", "completed", "elapsed")
    }
    texts["id"] = texts["id"].removesuffix("...").removesuffix("…").strip()
    texts["status"] = texts["status"].lower()
    return QueueRow(**texts, thumbnail=_inline_picture(str(cells.get("thumbnail") or "")))


def _rows_of_page(page: str) -> list[QueueRow]:
    """One row for each id, in their order; buttons in a row carry its id, too.

    Prompts stand in the page as they were typed, so that one may look like a row: of an id that
    has several rows no status is believed.
    """
    heads: dict[str, list[re.Match[str]]] = {}
    for tag in _TAG.finditer(page):
        job_id = _ID.search(tag[0])
        if job_id and job_id[2].strip() and _ROW.search(tag[0]):
            heads.setdefault(html.unescape(job_id[2].strip()), []).append(tag)
    starts = [tags[0].start() for tags in heads.values()]
    ends = [*starts[1:], len(page)]
    rows = []
    for (name, tags), start, end in zip(heads.items(), starts, ends):
        status = _status_of(page, tags[0]) if len(tags) == 1 else ""
        rows.append(_row_of(name, status, page[start:end]))
    return rows


def _status_of(page: str, head: re.Match[str]) -> str:
    """The class of the row, or of the tag right behind it: what comes later may be a prompt's."""
    behind = _NEXT_TAG.match(page, head.end())
    found = _STATUS.search(head[0]) or (_STATUS.search(behind[0]) if behind else None)
    return found[1].lower() if found else ""


def _row_of(job_id: str, status: str, part: str) -> QueueRow:
    models = _TYPE.findall(part)  # the prompt stands before it, as it was typed
    model = html.unescape(models[-1]) if models else ""
    times = {word: _time(word, part) for word in ("created", "started", "completed", "elapsed")}
    return QueueRow(job_id, model, status, **times, thumbnail=_inline_picture(part))


def _time(word: str, part: str) -> str:
    told = re.findall(rf"\b{word}:\s*([0-9:.]{{1,12}}s?)(?![\w:.])", part, re.IGNORECASE)
    return str(told[-1]) if told else ""


def _inline_picture(text: str) -> bytes | None:
    match = _PICTURE.search(text)
    try:
        return base64.b64decode(match[1]) if match else None
    except ValueError:
        return None  # cut off somewhere
