"""Runs and sweeps as plain HTML: posters and states without a kernel, the plan of a sweep."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING, Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.poster import as_poster
from framepack_widgets.registry import open_desks
from framepack_widgets.sweeps.plan import plan_with
from framepack_widgets.widgets.sweeps.plan_text import plan_lines
from framepack_widgets.widgets.sweeps.point_details import long_name, short_name
from framepack_widgets.widgets.sweeps.shown_run import ShownRun
from framepack_widgets.widgets.sweeps.tile_layout import PAGE, Layout, layout

if TYPE_CHECKING:
    from framepack_widgets.registry import Desk
    from framepack_widgets.sweeps.sweep import Sweep

_PLANNED = 20_000  # points; the plan of more takes longer than one waits for an output
_PICTURES = 60  # posters; each is about 4 kB of the saved notebook
_WIDTH = 120  # px
_MOST = 300  # points that are listed


def run_html(run: Any, roles: dict[str, str] | None = None) -> str:
    """A table a page of the layout; all text is escaped."""
    try:
        shown = ShownRun(run)
        shown.look()
        head = shown.head()
        parts = [f"<p><b>{_text(head['name'])}</b>: {_text(head['state'])}<br>"]
        parts.append(f"{_text(head['totals'])}</p>")
        parts.append(_Table(shown).html(roles or shown.first_roles()))
    except FramePackError as error:
        return f"<div>{_text(error)}</div>"
    return f"<div>{''.join(parts)}</div>"


def sweep_html(sweep: Sweep) -> str:
    """Its axes, and its plan on the Studio that was opened last; nothing is sent."""
    desks = open_desks()
    rows = [f"<b>{_text(repr(sweep))}</b>"]
    for axis in sweep.axes:
        some = ", ".join(axis.labels[:20]) + (", …" if len(axis) > 20 else "")
        rows.append(f"{_text(axis.name)}: {_text(some)}")
    if not desks:
        rows.append("Connect to a Studio (fp.connect) to see what it will take.")
    elif sweep.size > _PLANNED:
        rows.append("sweep.plan(studio) tells what it will take.")
    else:
        rows += _planned(sweep, desks[-1])
    return f"<div>{'<br>'.join(rows)}</div>"


def _planned(sweep: Sweep, desk: Desk) -> list[str]:
    try:
        found = plan_with(sweep, desk.client.schema, desk.library, desk.key)
    except FramePackError as error:
        return [_text(error)]
    return [_text(text) for _, text in plan_lines(found)]


class _Table:
    def __init__(self, shown: ShownRun) -> None:
        self._shown = shown
        self._left = _PICTURES

    def html(self, roles: dict[str, str]) -> str:
        shown, axes = self._shown, self._shown.axes()
        spots = shown.spots()
        if len(spots) > _MOST:
            return f"<p>{len(spots):,} points; run the cell to see them.</p>"
        # Without a kernel nobody turns pages: their axes are told in each cell.
        open_roles = {axis: "folded" if role == PAGE else role for axis, role in roles.items()}
        page = layout(axes, spots, open_roles, {})
        return self._table(page)

    def _table(self, page: Layout) -> str:
        rows = []
        if len(page.columns) > 1:
            cells = "".join(f"<th>{_text(label)}</th>" for label in ("", *page.columns))
            rows.append(f"<tr>{cells}</tr>")
        for label, cells_of in zip(page.rows, page.cells, strict=False):
            cells = "".join(f"<td>{''.join(map(self._point, cell))}</td>" for cell in cells_of)
            rows.append(f"<tr><th>{_text(label)}</th>{cells}</tr>")
        if page.rest:
            rest = "".join(map(self._point, page.rest))
            rows.append(f"<tr><th>earlier</th><td>{rest}</td></tr>")
        return f"<table>{''.join(rows)}</table>"

    def _point(self, key: str) -> str:
        point = self._shown.points[key]
        told = self._shown.tiles([key])[key]
        stars = "★" * int(told["stars"])
        text = f"{_text(told['word'])} {stars}<br><small>{_text(short_name(point))}</small>"
        if told["error"]:
            text += f"<br><small>{_text(told['error'])}</small>"
        box = "display:inline-block;max-width:130px;vertical-align:top;overflow-wrap:anywhere"
        return f'<div style="{box}">{self._picture(point, told)}{text}</div>'

    def _picture(self, point: Any, told: dict[str, Any]) -> str:
        if not told["has_clip"] or self._left <= 0:
            return ""
        try:
            clip = point.clip
            if clip is None:
                return ""
            data = as_poster(clip.first_frame(), _WIDTH)
        except FramePackError:
            return ""
        self._left -= 1
        text = base64.b64encode(data).decode("ascii")
        alt = _text(f"first frame of {long_name(point)}")
        return f'<img alt="{alt}" width="{_WIDTH}" src="data:image/jpeg;base64,{text}"><br>'


def _text(value: object) -> str:
    return html.escape(str(value))
