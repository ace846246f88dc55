"""What the Studio's post-processing can do to the clip that is shown: fields, progress, result."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets

from framepack_widgets.errors import FramePackError
from framepack_widgets.frozen import freeze
from framepack_widgets.settings import Settings
from framepack_widgets.value_checks import check_value
from framepack_widgets.widgets.form.fields_panel import FieldsPanel
from framepack_widgets.widgets.form.form_edits import edited_value
from framepack_widgets.widgets.form.form_rows import in_words, row_state, spec_of
from framepack_widgets.widgets.in_turn import in_background
from framepack_widgets.widgets.pace import Paced
from framepack_widgets.widgets.page_order import heard_in_order

if TYPE_CHECKING:
    from framepack_widgets.job import JobRecord
    from framepack_widgets.schema import Schema
    from framepack_widgets.studio.toolbox import Operation
    from framepack_widgets.toolbox import Toolbox
    from framepack_widgets.toolbox_task import ToolboxTask

_GROUP = "operation"
_STAGES = {
    "waiting": "waits for the one before it",
    "uploading": "is being uploaded",
    "processing": "is being processed",
    "fetching": "is being fetched",
}


class ToolboxPanel(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A fold "process…" with the operations of the Studio; nothing where it has none.

    toolbox(): the Studio's, or None while there is none. Values stay from clip to clip. Several
    may be asked for; the Studio does one after the other.
    """

    def __init__(self, toolbox: Callable[[], Toolbox | None]) -> None:
        self._toolbox = toolbox
        self._guard = threading.RLock()
        self._operations: dict[str, Operation] = {}
        self._schemas: dict[str, Any] = {}
        self._values: dict[str, Settings] = {}
        self._record: JobRecord | None = None
        self._task: ToolboxTask | None = None
        self._end_watch: Callable[[], None] = lambda: None
        self._fold = ipywidgets.ToggleButton(
            description="process…", tooltip="What this Studio can do to the clip"
        )
        self._choice = ipywidgets.Dropdown(description="operation", options=[])
        self._fields = FieldsPanel(self._edited)
        self._start = ipywidgets.Button(description="Process")
        self._start.add_class("fpw-main")
        self._stop = ipywidgets.Button(
            description="do not wait for it", tooltip="The Studio finishes it, but nothing is taken"
        )
        self._told = ipywidgets.HTML()
        row = ipywidgets.Box([self._start, self._stop])
        row.add_class("fpw-row")
        self._body = ipywidgets.VBox([self._choice, self._fields, row, self._told])
        super().__init__([self._fold, self._body])
        heard_in_order(self)
        self.add_class("fpw-process")
        self._paced = Paced(self._tell)
        self._body.layout.display = self.layout.display = self._stop.layout.display = "none"
        self._fold.observe(lambda _: self._open(), "value")
        self._choice.observe(lambda _: self._draw(), "value")
        self._start.on_click(lambda _: in_background(self._process))
        self._stop.on_click(lambda _: self._task.cancel() if self._task else None)

    def show(self, record: JobRecord | None) -> None:
        """Be for the clip of this job; None: for nothing."""
        with self._guard:
            self._record = record if record is not None and record.clip else None
            found = self._toolbox() if self._record is not None else None
            # Joining needs several; the selection of clips is the place for that.
            there = {n: o for n, o in found.operations.items() if n != "join"} if found else {}
            self.layout.display = None if there else "none"
            if {n: o.schema for n, o in there.items()} != self._schemas:
                self._schemas = {n: o.schema for n, o in there.items()}
                self._operations = there
                chosen = self._choice.value
                self._choice.options = [(o.label, name) for name, o in there.items()]
                self._choice.value = chosen if chosen in there else next(iter(there), None)

    def close(self) -> None:
        """Take it off the page. What was asked for goes on."""
        self._end_watch()
        super().close()

    # ------------------------------------------------------------------ fields

    def _open(self) -> None:
        self._body.layout.display = None if self._fold.value else "none"
        self._draw()

    def _edited(self, name: str, message: Mapping[str, Any]) -> None:
        with self._guard:
            operation = self._operations[self._choice.value]
            settings = self._values.get(operation.name, Settings())
            resolved = operation.schema.resolve(settings)
            value = edited_value(operation.schema.get(name), message, resolved, operation.schema)
            settings = settings.replace(**{name: value})
            if operation.name == "upscale" and name == "model":
                settings = settings.replace(factor=None)  # its range is the other model's
                in_background(self._describe, settings)
            self._values[operation.name] = settings
            self._draw()

    def _describe(self, settings: Settings) -> None:
        """A model brings its own range of factors."""
        toolbox = self._toolbox()
        if toolbox is None:
            return
        try:
            described = toolbox.for_model(settings.model)
        except FramePackError as error:
            self._say(str(error), "fpw-error")
            return
        with self._guard:
            if self._values.get("upscale", Settings()).model == settings.model:
                self._operations = {**self._operations, "upscale": described}
                self._draw()

    def _draw(self) -> None:
        with self._guard:
            operation = self._operations.get(self._choice.value)
            if operation is None or not self._fold.value:
                return
            schema = operation.schema
            rows = [spec_of(field, schema) for field in operation.fields if field.visible]
            pieces = [{"group": _GROUP, "title": None, "rows": rows}]
            if self._fields.pieces != pieces:
                self._fields.pieces = pieces
            states, wrong = _row_states(schema, self._values.get(operation.name, Settings()))
            group = {"open": True, "shown": True, "errors": wrong}
            self._fields.state = {"rows": states, "groups": {_GROUP: group}}
            self._start.disabled = bool(wrong)
            self._start.description = operation.label
            if operation.name == "pipeline" and not self._told.value:
                self._say("Each step takes the values that are set for it above.", "fpw-quiet")

    # ------------------------------------------------------------------ running

    def _process(self) -> None:
        with self._guard:
            toolbox, record, name = self._toolbox(), self._record, self._choice.value
            if toolbox is None or record is None or name is None:
                return
            self._say("", "")
            try:
                task = self._ask(toolbox, record.id, name)
            except FramePackError as error:
                self._say(str(error), "fpw-error")
                return
            self._end_watch()
            self._task = task
            self._end_watch = task.watch(self._paced.touch)
            self._paced.touch()

    def _ask(self, toolbox: Toolbox, job: str, name: str) -> ToolboxTask:
        values = {n: self._values.get(n, Settings()).set_values() for n in self._operations}
        if name != "pipeline":
            return toolbox.run(name, job, **values[name])
        steps = values[name].get("steps") or ()
        return toolbox.pipeline(job, **{step: values.get(step, {}) for step in steps})

    def _tell(self) -> None:
        task = self._task
        if task is None:
            return
        now = task.progress
        self._stop.layout.display = "none" if task.done else None
        if now.stage == "done":
            clip = task.clip
            about = f"{clip.width} x {clip.height}, {clip.seconds:.2f} s" if clip else ""
            self._say(f"Done: {about}. It is among the clips, with what it was made from.")
        elif now.stage in ("failed", "cancelled"):
            self._say(now.text, "fpw-error" if now.stage == "failed" else "fpw-warning")
        else:
            share = "" if now.fraction is None else f" {now.fraction:.0%}"
            words = f" ({now.text})" if now.text else ""
            self._say(f"The clip {_STAGES.get(now.stage, now.stage)}{share}{words}", "fpw-quiet")

    def _say(self, text: str, kind: str = "fpw-good") -> None:
        """Text may be a server's."""
        shown = f'<span class="{kind} fpw-wrap" role="status">{html.escape(text)}</span>'
        self._told.value = shown if text else ""


def _row_states(schema: Schema, settings: Settings) -> tuple[dict[str, Any], int]:
    """What each row shows, and how many problems there are."""
    resolved, given = schema.resolve(settings), settings.set_values()
    states, wrong = {}, 0
    for field in schema.fields:
        value = given.get(field.name)
        problems = check_value(field.name, freeze(value), schema) if value is not None else []
        wrong += len(problems)
        told = [[p.severity, in_words(f"{p.message} {p.hint or ''}", schema)] for p in problems]
        states[field.name] = row_state(field.name, settings, resolved, schema, told)
    return states, wrong
