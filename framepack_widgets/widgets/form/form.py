"""The form: everything that one render takes, with the ranges and the words of its server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ipywidgets
import traitlets

from framepack_widgets.found_settings import FoundSettings
from framepack_widgets.presets import Presets
from framepack_widgets.problem import Report
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.validation import validate
from framepack_widgets.widgets.form.bringing import Bringing
from framepack_widgets.widgets.form.control import Control, Controls
from framepack_widgets.widgets.form.form_checks import Checker, Findings, joined, plan_of
from framepack_widgets.widgets.form.form_edits import edited_value, seed_after
from framepack_widgets.widgets.form.form_loras import FormLoras
from framepack_widgets.widgets.form.form_view import Drawing, FormView
from framepack_widgets.widgets.form.groups import OPEN_AT_FIRST, SWITCHES, short_label, swap
from framepack_widgets.widgets.form.plan_line import refused_parts, why_not
from framepack_widgets.widgets.form.preset_bar import PresetBar
from framepack_widgets.widgets.form.render_bar import RenderBar
from framepack_widgets.widgets.form.server_watch import ServerWatch
from framepack_widgets.widgets.theme import dressed


class Form(ipywidgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """A form for a Studio's renders.

    form = fp.Form(studio)
    form.settings, form.settings = clip.settings   # live both ways
    form.controls["cfg_scale"].value = 1.5         # an ordinary widget: observe it, link it
    form.submit()                                  # what the Render button does: a Job

    Only fields that the chosen model and cache strategy use are shown. Choosing another model in
    the form takes the changed values that it does not use out of `settings` and keeps them aside:
    they come back with a model that uses them. Settings that are assigned are taken as they are:
    whatever they hold that is of no use, that this Studio lacks or refuses, stays in `settings`, is
    shown, and says so. Fields that are not set (None) show the server's own default.

    May be used from any thread. Observers of `settings` are called while the form is held: one that
    waits for another thread which changes the form would wait for ever.
    """

    children: Any
    settings = traitlets.Instance(Settings)
    """What the form shows."""
    report = traitlets.Instance(Report)
    """What is wrong or doubtful about `settings`; frames are looked into a moment later."""
    job = traitlets.Any(None, allow_none=True)
    """The Job of the last render that was asked for here; None: none yet."""
    studio = traitlets.Any()
    """The Studio; another one may be put in its place, `settings` stay."""
    send: Callable[[Settings], Any] | None = None
    """Asks for the render instead of `studio.submit`."""

    def __init__(self, studio: Any, settings: Settings | None = None, **box: Any) -> None:
        self._guard = threading.RLock()
        self._aside: dict[str, Any] = {}
        self._editing = False
        self._last_seed: int | None = None
        self._open = OPEN_AT_FIRST
        self._findings: Findings | None = None
        self._callbacks: list[Callable[[Any], object]] = []
        self._made: dict[str, Control] = {}
        self._checker = Checker(lambda: (self.studio, self.settings), self._found)
        super().__init__(**box)
        with self.hold_trait_notifications():
            self.studio, self.report = studio, Report()
            self.settings = Settings() if settings is None else settings
        self.controls = Controls(self._control_names, self._control)
        """{field: widget with `value`}, made when they are first asked for."""
        self._bringing = Bringing(
            lambda: getattr(self.studio, "library", None), lambda: self.schema, self._exchange
        )
        self.loras = FormLoras(self, self._bringing.bar)
        """Notes and trigger words of LoRAs; `loras.use(name)` turns one on."""
        self._presets = PresetBar(
            lambda: Presets(self.studio.library.path), self._fill, lambda: self.settings,
            lambda: getattr(self.studio, "presets", None), self.bring,
        )  # fmt: skip
        self._watch = ServerWatch(self._bringing.bar, self._server_changed)
        self._bar = RenderBar(lambda: partial(self._ask_for, self.settings), self._go_to_problem)
        dressed(self, "fpw-form")
        self._head = (self.children[0], self._bringing.bar, self._presets)
        with self._guard:  # the pickers look at their frames already, and draw when they know more
            self._build()
        self.observe(self._take_settings, "settings")
        self._watch.follow(studio)
        self.observe(lambda _: self.schema_changed(), "studio")

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "settings":
            super().__setattr__(name, value)
            return
        with self._guard:  # or an edit in the page, half done, would overwrite it
            super().__setattr__(name, value)

    # ------------------------------------------------------------------ rendering

    def submit(self) -> Any:
        """Ask for a render of `settings`; the Job. Raises what `studio.submit` raises."""
        return self._ask_for(self.settings)

    def _ask_for(self, settings: Settings) -> Any:
        job = (self.send or self.studio.submit)(settings)
        with self._guard:
            self._last_seed, self.job = job.settings.seed, job
            self._bar.sent = f"Sent: job {job.id}."
            self._draw()
        for callback in list(self._callbacks):
            callback(job)
        return job

    def on_submit(self, callback: Callable[[Any], object]) -> None:
        """Call this with the Job after each render that is asked for here, in that thread.

        What it raises is shown beside the Render button.
        """
        self._callbacks.append(callback)

    def on_sweep(self, callback: Callable[[], object]) -> None:
        """Offer "as a sweep…" beside Render; a click calls `callback()` in another thread."""
        self._bar.offer_sweep(callback)

    def bring(self, found: FoundSettings, index: int = 0) -> list[str]:
        """Fill the form from `open_settings(file)`, as far as this Studio takes it.

        What is missing or does not fit, in sentences: they are shown in the form, too.
        """
        return self._bringing.take(found, index)

    def _exchange(self, settings: Settings) -> Callable[[], object]:
        with self._guard:
            before, aside = self.settings, dict(self._aside)

            def back() -> None:
                with self._guard:
                    self.settings, self._aside = before, aside

            self.settings = settings
            return back

    def _server_changed(self, news: list[str]) -> None:
        """Somebody has noticed it. Not in the kernel's thread."""
        with self._guard:
            if self.studio.schema is not self.schema:
                self.schema_changed()
        self._bringing.tell_change(news)

    def close(self) -> None:
        """Take the form off the page, and watch its server no more."""
        self._watch.end()
        self.loras.end()
        self._view.prompt.writing.end()
        super().close()

    def schema_changed(self) -> None:
        """Draw the form anew: the server takes something else now. `settings` stay as they are."""
        with self._guard:
            old, made = self._view, self._made
            self._made, self._findings = {}, None
            self._watch.follow(self.studio)
            self._build()
            old.close()
            for control in made.values():
                control.close()

    @property
    def schema(self) -> Schema:
        """What the form is drawn for."""
        return self._view.schema

    def _build(self) -> None:
        schema = self.studio.schema
        # An edit that was made for an earlier schema, and is still on its way, counts for nothing.
        edited = partial(self._page_edit, schema)
        self._view = FormView(schema, self.studio, edited, self._edit, self._toggle, self._redraw)
        self._view.prompt.editor.guard = self._guard
        self._presets.read()
        self.children = (*self._head, *self._view.widgets, self._bar)
        self._check_and_draw()

    # ------------------------------------------------------------------ edits

    def _page_edit(self, schema: Schema, name: str, message: Mapping[str, Any]) -> None:
        with self._guard:
            if schema is not self.schema:
                return
            if name == "seed" and ("dice" in message or "lock" in message):
                seed, self._last_seed = seed_after(message, self.settings.seed, self._last_seed)
                self._edit("seed", seed)
                return
            resolved = self.schema.resolve(self.settings)
            name, message = self.loras.heard(name, message, resolved)
            self._edit(name, edited_value(self.schema.get(name), message, resolved, self.schema))

    def _edit(self, name: str, value: Any) -> None:
        """One field of the form has a new value; None: the server's default."""
        with self._guard:
            if value is None and name not in self.settings.set_values():
                return
            new = self.settings.replace(**{name: value})
            if name in SWITCHES:
                new, self._aside = swap(new, self._aside, self.schema)
            self._editing = True
            try:
                self.settings = new
            finally:
                self._editing = False

    def _take_settings(self, _: Any) -> None:
        with self._guard:
            if not self._editing:
                self._aside.clear()
            self._check_and_draw()

    def _toggle(self, group: str, is_open: bool) -> None:
        with self._guard:
            self._open = self._open | {group} if is_open else self._open - {group}
            self._draw()

    # ------------------------------------------------------------------ checks and drawing

    def _check_and_draw(self) -> None:
        quick = validate(self.settings, self.schema, check_files=False)
        found, frames = self._findings, self._view.frames.fields
        kept = found.still_true(self.settings, frames) if found else []
        self.report = joined(quick, kept)
        self._draw()
        self._checker.touch()

    def _found(self, findings: Findings) -> None:
        with self._guard:
            if findings.settings != self.settings:
                return  # there is a newer look to come
            self._findings = findings
            if not findings.trouble:
                self.report = findings.report
            self._draw()

    def _now(self) -> Drawing:
        found = self._findings
        crop = found.crop(self.settings) if found is not None else None
        return Drawing(
            self.settings, self.report, crop, self._last_seed, self._open, self.loras.about
        )

    def _redraw(self) -> None:
        with self._guard:
            self._draw()

    def _draw(self) -> None:
        now = self._now()
        self._view.draw(now)
        for name, control in self._made.items():
            self._show_control(name, control, now)
        self._bar.blocked = why_not(self.report, self._label, self._view.unready)
        self._bar.python = self.settings.as_python()
        self._bar.plan = plan_of(self._findings, self.settings) if self.report.ok else ""

    def _label(self, name: str) -> str:
        return short_label(self.schema[name]) if name in self.schema else name

    def _go_to_problem(self) -> None:
        if self.report.problems:
            name = self.report.problems[0].field
            self._toggle(self._view.group_of(name), True)
            self._view.go_to(name)

    def _control_names(self) -> tuple[str, ...]:
        return tuple(name for name in self.schema.names if self.schema[name].kind != "unknown")

    def _control(self, name: str) -> Any:
        with self._guard:
            if name in self._view.frames.fields:
                return self._view.frames.picker(name)
            if name == "prompt":
                return self._view.prompt.editor
            if name not in self._made:
                edited = partial(self._page_edit, self.schema)
                control = Control(name, edited, self._edit, self._guard)
                self._show_control(name, control, self._now())
                self._made[name] = control
            return self._made[name]

    def _show_control(self, name: str, control: Control, now: Drawing) -> None:
        value = self.schema.resolve(now.settings).set_values().get(name)
        control.show(self._view.spec(name), self._view.row(name, now), value)

    def _fill(self, settings: Settings) -> str:
        """Take these settings; what this Studio has against them, in a sentence."""
        self.settings = settings
        return refused_parts(self.report, self._label)
