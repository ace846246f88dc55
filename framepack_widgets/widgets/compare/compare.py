"""Compare: 2 to 16 clips under one transport, in step to the frame.

Messages of the page (`static/compare.js` and its parts): `chunk` as in the Player; `rate` (clip,
key, stars), `annotate` (clip, key, note) and `act` (clip, key, action: "settings" or "more");
`measure` and `stop` as in `arranged.py`, `here` as in `presence.py`. `clip` is a number in the
order in which the clips were given, `key` that of its file. `seek` (frame) goes there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import traitlets

from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.library import Library
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.clips.player import SPEEDS, FrameTrait
from framepack_widgets.widgets.compare.arranged import Arranged
from framepack_widgets.widgets.compare.clip_set import MOST, ClipSet
from framepack_widgets.widgets.compare.compare_html import compare_html
from framepack_widgets.widgets.compare.compared import Compared
from framepack_widgets.widgets.compare.sorting import DOWN, RATING
from framepack_widgets.widgets.presence import Ticker
from framepack_widgets.widgets.saved import Saved, publish

VIEWS = ("tiles", "side by side", "wipe", "flicker", "difference")
_LOOK_S = 1.5  # how often another process's stars are looked for, while somebody watches
_PARTS = (
    *("dom", "below", "presence", "video_bytes", "compare_sync", "compare_follower"),
    *("compare_tile", "compare_difference", "compare_pair", "compare_bar"),
)

UseSettings = Callable[[Settings], object]


class Compare(Arranged):
    """Clips played in step, laid over each other or subtracted, with what tells them apart.

    clips: 2 to 16 Clips, paths, Jobs or points of a run. labels: a text for each; without them the
    clips are numbered. library: where stars and notes are kept; None: the Library that each clip
    lies in. A clip that cannot be read says why in its tile. Shorter clips hold their last frame.
    Raises ValueError for fewer or more clips, or other labels than clips.
    """

    most = MOST
    """Clips at a time."""

    _esm = module("compare", *_PARTS)
    _css = style("theme", "compare")

    view = traitlets.Enum(VIEWS, "tiles").tag(sync=True)
    """"tiles", "side by side", "wipe", "flicker" or "difference"; all but the first show `pair`."""
    pair = traitlets.List(traitlets.Int(), [0, 1]).tag(sync=True)
    """The two clips A and B of the views of two, by their numbers from 0."""
    gain = traitlets.CFloat(1.0, min=1.0, max=32.0).tag(sync=True)
    """Difference: how many times stronger it is drawn, 1 to 32; the number shown is without it."""
    wipe = traitlets.CFloat(0.5, min=0.0, max=1.0).tag(sync=True)
    """Wipe: where A ends and B begins, 0 (left) to 1."""
    flicker = traitlets.CFloat(2.0, min=0.5, max=4.0).tag(sync=True)
    """Flicker: how often a second A and B are swapped, 0.5 to 4."""
    frame = FrameTrait(0).tag(sync=True)
    """The frame that is shown, as of the last pause, step or seek, counted at the rate of the
    clip with most frames a second. Settable: goes there."""
    loop = traitlets.Bool(True).tag(sync=True)
    speed = traitlets.CFloat(1.0, min=SPEEDS[0], max=SPEEDS[1]).tag(sync=True)
    """Times the clips' own, 0.1 to 4."""
    playing = traitlets.Bool(True).tag(sync=True)
    """Whether they are to play; they do while they can be seen."""
    saved = traitlets.Unicode("").tag(sync=True)
    """The class of its output for notebooks without a kernel; set when it is shown."""

    _clips: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _marks: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _can_settings = traitlets.Bool(False).tag(sync=True)
    _can_more = traitlets.Bool(False).tag(sync=True)
    _reveal = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        clips: Iterable[Any],
        labels: Sequence[str] | None = None,
        *,
        library: Library | None = None,
        **traits: Any,
    ) -> None:
        self._ticker = Ticker(self._look, lambda: self.is_seen, _LOOK_S)
        self._library = library
        self._set = ClipSet(clips, labels, library)
        self._uses: dict[str, list[UseSettings]] = {"settings": [], "more": []}
        self._shown: Saved | None = None
        self._changes = self._set.changes()
        super().__init__(**{**self._described(), **traits})
        self.on_seen(self._ticker.start)

    @property
    def clips(self) -> tuple[Clip, ...]:
        """The compared clips, in the order in which they were given."""
        return tuple(one.clip for one in self._set.clips)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the clips are called."""
        return tuple(one.label for one in self._set.clips)

    def show(self, clips: Iterable[Any], labels: Sequence[str] | None = None) -> None:
        """Compare other clips instead. Raises ValueError as making a new one does."""
        self._set = ClipSet(clips, labels, self._library)
        with self.hold_sync():
            for name, value in self._described().items():
                setattr(self, name, value)
            self.pair = [0, 1]
            self.frame = 0
            self._arrange()

    def on_settings(self, callback: UseSettings) -> Callable[[], None]:
        """Offer "use these settings": call `callback(settings)`, in a background thread.

        What it raises is shown in the widget. Returns the function that ends it.
        """
        return self._offer("settings", callback)

    def on_more(self, callback: UseSettings) -> Callable[[], None]:
        """Offer "render more like this": call `callback(settings)`, the seed taken out.

        Otherwise as `on_settings`; submitting these settings draws a new seed.
        """
        return self._offer("more", callback)

    def reveal(self) -> None:
        """Scroll the page to it once, when it is drawn."""
        self._reveal = True

    def close(self) -> None:
        """Also look for no more changes."""
        self._ticker.end()
        super().close()

    def refresh_saved(self) -> None:
        """Write what a notebook opened without a kernel shows anew. From any thread."""
        if self._shown is not None:
            self._shown.refresh()

    def _described(self) -> dict[str, Any]:
        """The traits that tell the page of the clips."""
        now = self._set
        return {
            "_clips": now.for_page(),
            "_marks": now.marks(),
            "_order": list(range(len(now.clips))),
            "_sorts": now.sorts(),
            "_numbers": [],
            "_lacking": 0,
            "trouble": "",
        }

    @traitlets.validate("frame")
    def _inside(self, proposal: Any) -> int:
        shown = [clip for clip in self._clips if clip["key"]]
        rate = max((clip["fps"] for clip in shown), default=1.0)
        seconds = max((clip["frames"] / clip["fps"] for clip in shown), default=0.0)
        return int(min(max(proposal["value"], 0), max(0, round(seconds * rate) - 1)))

    @traitlets.validate("pair")
    def _there(self, proposal: Any) -> list[int]:
        pair, count = list(proposal["value"]), len(self._set.clips)
        if len(pair) != 2 or not all(0 <= number < count for number in pair):
            raise traitlets.TraitError(f"pair is two numbers from 0 to {count - 1}, not {pair}")
        return pair

    # ------------------------------------------------------------------ stars, notes, ways on

    def _look(self) -> None:
        changes = self._set.changes()
        if changes != self._changes:
            self._changes = changes
            self._read_marks()

    def _read_marks(self) -> None:
        self._marks = self._set.marks()
        if self.sort.removeprefix(DOWN) == RATING:
            self._arrange()

    def _on_rate(self, message: dict[str, Any], _: object) -> None:
        self._later(self._judge, Compared.rate, message, message.get("stars"))

    def _on_annotate(self, message: dict[str, Any], _: object) -> None:
        self._later(self._judge, Compared.annotate, message, message.get("note"))

    def _judge(
        self, keep: Callable[[Compared, Any], None], message: dict[str, Any], value: Any
    ) -> None:
        keep(self._set.find(message.get("clip"), message.get("key")), value)
        self.trouble = ""
        self._read_marks()
        self.refresh_saved()

    def _offer(self, action: str, callback: UseSettings) -> Callable[[], None]:
        uses = self._uses[action]
        uses.append(callback)
        self.set_trait(f"_can_{action}", True)

        def end() -> None:
            if callback in uses:
                uses.remove(callback)
            self.set_trait(f"_can_{action}", bool(uses))

        return end

    def _on_act(self, message: dict[str, Any], _: object) -> None:
        self._later(self._act, message, str(message.get("action")))

    def _act(self, message: dict[str, Any], action: str) -> None:
        one = self._set.find(message.get("clip"), message.get("key"))
        if one.settings is None:
            raise LibraryError(f"{one.clip.path.name} carries no settings that could be used.")
        settings = one.settings.replace(seed=None) if action == "more" else one.settings
        for callback in list(self._uses.get(action, ())):
            callback(settings)
        self.trouble = ""
        self._tell("acted", clip=message.get("clip"), action=action)

    # ------------------------------------------------------------------ bytes and display

    def _on_chunk(self, message: dict[str, Any], _: object) -> None:
        self._aside(self._send_chunk, message.get("id"), message.get("key"), message.get("number"))

    def _send_chunk(self, request: object, key: object, number: object) -> None:
        answer: dict[str, Any] = {"id": request, "number": number}
        file = self._set.file(key)
        if file is None or not isinstance(number, int):
            self._tell("no_chunk", **answer, why="Other clips are compared by now.")
            return
        try:
            data = file.chunk(number)
        except LibraryError as error:
            self._tell("no_chunk", **answer, why=str(error))
            return
        self._tell("chunk", [data], **answer)

    def _ipython_display_(self, **_: Any) -> None:
        self._shown = publish(self, lambda: compare_html(self._set))

    def __repr__(self) -> str:
        return f"<Compare {len(self._set.clips)} clips>"
