"""Compared clips as plain HTML, for a notebook that is opened without a kernel."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence

from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets.clips.posters import poster_of
from framepack_widgets.widgets.compare.clip_set import ClipSet
from framepack_widgets.widgets.compare.compared import Compared
from framepack_widgets.widgets.compare.differing import Difference
from framepack_widgets.widgets.saved_html import table


def compare_html(clips: ClipSet) -> str:
    """Their posters beside each other, below each what tells it apart. All text is escaped."""
    pairs = zip(clips.clips, clips.differences, strict=True)
    tiles = [_tile(one, items) for one, items in pairs]
    return f'<div style="display:flex;flex-wrap:wrap;gap:12px">{"".join(tiles)}</div>'


def _tile(one: Compared, items: Sequence[Difference]) -> str:
    rows = [(item.name, item.text) for item in items]
    mark = one.mark
    if mark["stars"]:
        rows.append(("stars", f"{mark['stars']} of 5"))
    if mark["note"]:
        rows.append(("note", mark["note"]))
    name = html.escape(one.label)
    body = f"<b>{name}</b><br>{_picture(one)}{table([*rows, ('file', one.clip.path.name)])}"
    return f'<div style="max-width:260px;overflow-wrap:anywhere">{body}</div>'


def _picture(one: Compared) -> str:
    try:
        if one.trouble:
            return html.escape(one.trouble)
        poster = base64.b64encode(poster_of(one.clip)).decode("ascii")
    except FramePackError as error:
        return html.escape(str(error))
    alt = html.escape(f"first frame of {one.clip.path.name}")
    return f'<img alt="{alt}" width="240" src="data:image/jpeg;base64,{poster}">'
