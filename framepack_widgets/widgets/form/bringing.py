"""Filling a form from a file or from a Studio's preset, with what is to be said about it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from framepack_widgets.fitting import unsaid
from framepack_widgets.found_settings import FILE_FIELDS, Found, FoundSettings
from framepack_widgets.images import ImageData
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.settings_files import open_settings
from framepack_widgets.widgets.form.form_rows import in_words
from framepack_widgets.widgets.form.form_top import BROUGHT, CHANGED, FormTop
from framepack_widgets.widgets.form.groups import short_label
from framepack_widgets.widgets.frames.frame_store import FrameStore

_MOST_TITLES = 200  # titles are kept in the saved notebook
_LACKS = "What is not there, or does not fit this Studio:"
_UNSAID = "It says nothing of these, so the Studio's own values count:"
_MARKED = "What does not fit any more is marked at its field. What is different:"
_FIELD_COUNT = 12
_MOST_NEWS = 30


class Bringing:
    """What was brought last, and the way back. Of one form; from any thread."""

    def __init__(
        self,
        library: Callable[[], Any],
        schema: Callable[[], Schema],
        exchange: Callable[[Settings], Callable[[], object]],
    ) -> None:
        """exchange(settings): put them into the form; gives what brings back those before."""
        self._library = library
        self._schema = schema
        self._exchange = exchange
        self._guard = threading.Lock()
        self._found: FoundSettings | None = None
        self._back: Callable[[], object] | None = None
        self.bar = FormTop(self._incoming, self._take_upload, self._choose, self._undo)

    def take(self, found: FoundSettings, index: int = 0) -> list[str]:
        """Fill the form; what does not fit this Studio or is missing, in sentences.

        index: which of several jobs; the others are offered at the top of the form.
        """
        chosen = self._kept(found.all[index])
        return self._show(found, index, chosen)

    def _show(self, found: FoundSettings, index: int, chosen: Found) -> list[str]:
        schema = self._schema()
        settings, said = chosen.for_schema(schema)
        with self._guard:
            is_same = found is self._found  # another job of it: "before" stays what it was
            back = self._exchange(settings)
            if not (is_same and self._back is not None):
                self._back = back
            self._found = found
        bar = self.bar
        with bar.hold_sync():
            bar.jobs = [one.title for one in found.all[:_MOST_TITLES]] if len(found.all) > 1 else []
            bar.chosen, bar.can_undo, bar.trouble = index, True, ""
            bar.put(
                BROUGHT,
                f"Settings from {found.source}" + _more(len(found.all)),
                [
                    (_LACKS, [_labelled(line, schema) for line in said]),
                    (_UNSAID, _names(unsaid(settings, schema), schema)),
                ],
            )
        return said

    def _choose(self, index: int) -> None:
        found = self._found
        if found is not None and index < len(found.all):
            self.take(found, index)

    def _undo(self) -> None:
        with self._guard:
            back, self._back, self._found = self._back, None, None
        if back is not None:
            back()
        with self.bar.hold_sync():
            self.bar.can_undo, self.bar.jobs = False, []
            self.bar.put_away(BROUGHT)

    def tell_change(self, news: list[str]) -> None:
        """The server takes something else than before; the form is drawn for it already."""
        schema = self._schema()
        more = [f"and {len(news) - _MOST_NEWS} more"] if len(news) > _MOST_NEWS else []
        lines = [_labelled(line, schema) for line in news[:_MOST_NEWS]] + more
        self.bar.put(CHANGED, "The Studio has changed. Your settings are kept.", [(_MARKED, lines)])

    # ------------------------------------------------------------------ files

    def _store(self) -> FrameStore:
        library = self._library()
        return FrameStore(library if hasattr(library, "keep_input") else None)

    def _incoming(self) -> Path:
        return self._store().incoming()

    def _take_upload(self, path: Path, name: str) -> Callable[[], None]:
        """The file goes away after this: what is a frame in it has to be kept now."""
        found = open_settings(path, name=name)
        first = self._kept(found.all[0])
        found = FoundSettings(found.source, (first, *found.all[1:]))
        return lambda: void(self._show(found, 0, first))

    def _kept(self, found: Found) -> Found:
        """With its frames in the Library, and those that only the Library has."""
        library = self._library()
        settings = found.settings
        if hasattr(library, "recall"):
            settings = library.recall(settings)
        store, changes = self._store(), {}
        for name in FILE_FIELDS:
            value = getattr(settings, name)
            if isinstance(value, ImageData):
                changes[name] = store.keep(value, ".png")
            elif isinstance(value, str) and name not in found.missing and Path(value).is_file():
                suffix = Path(value).suffix if name == "video" else ".png"
                changes[name] = store.keep(Path(value), suffix)
        return found.having(settings.replace(**changes) if changes else settings)


def void(_: object) -> None:
    """For callbacks that give nothing."""


def _more(count: int) -> str:
    if count <= 1:
        return ""
    hidden = f"; the first {_MOST_TITLES} are listed" if count > _MOST_TITLES else ""
    return f" ({count} jobs{hidden})"


def _labelled(line: str, schema: Schema) -> str:
    name, colon, rest = line.partition(": ")
    field = schema.get(name)
    return in_words(f"{short_label(field)}{colon}{rest}" if field is not None else line, schema)


def _names(names: tuple[str, ...], schema: Schema) -> list[str]:
    labels = [short_label(schema[name]) for name in names]
    more = f" and {len(labels) - _FIELD_COUNT} more" if len(labels) > _FIELD_COUNT else ""
    return [", ".join(labels[:_FIELD_COUNT]) + more] if labels else []
