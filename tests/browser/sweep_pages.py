"""What the browser tests of sweeps share: an App on its Sweep tab, its parts, runs for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

SHOTS = [(400, "light"), (400, "dark"), (1600, "light"), (1600, "dark")]
_APP = "import framepack_widgets as fp\napp = fp.App({url!r}, library='sweep')\napp"
_BASE = (  # small, so that nothing takes long
    "app.settings = app.settings.replace(seconds=1, seed=7, steps=8, width=256, height=256, "
    "prompt='a cat yawns')"
)
# Clips that the Library has already, so that nothing has to be rendered.
_FILLED = """
import shutil, time
from framepack_widgets.job import JobRecord, JobState
library, studio = app.library, app.studio
sweep = fp.Sweep(app.settings, **{axes!r})
plan = sweep.plan(studio)
for n, render in enumerate(plan.renders):
    file = library.clips_folder / f"{{n:012x}}.mp4"
    shutil.copy({clip!r}, file)
    library.add(JobRecord(
        f"{{n:012x}}", studio.key, plan.settings(render), time.time(), clip=file.name,
        state=JobState.DONE, verified="stamp", content=render.id))
run = studio.run(sweep, name={name!r})
run.result(60)
print(run.counts)
"""


class SweepTab:
    """An App in a notebook, and the parts of its Sweep tab."""

    def __init__(self, notebook: Any, url: str) -> None:
        self.nb = notebook([_APP.format(url=url)])
        self.out: Locator = self.nb.run(0)
        expect(self.out.locator(".fpw-bar-line")).to_contain_text("6 models", timeout=30_000)
        self.nb.evaluate_in_kernel(_BASE)
        self.panel = self.out.locator(".fpw-panel-1")
        self.editor = self.panel.locator(".fpw-editor")
        self.runs = self.panel.locator(".fpw-runs")
        self.sweep = self.panel.locator(".fpw-sweep")
        self.files = self.panel.locator(".fpw-files")
        self.tiles = self.sweep.locator(".fpw-tile")
        self.totals = self.sweep.locator(".fpw-run-head [role=status]")

    def open(self) -> SweepTab:
        """Go there as people do."""
        self.out.get_by_role("button", name="as a sweep…").click()
        expect(self.out.get_by_role("tab", name="Sweep")).to_have_attribute("aria-selected", "true")
        expect(self.editor.get_by_role("combobox", name="Axis 1", exact=True)).to_be_visible()
        return self

    def fill(self, name: str, clip: Path, **axes: Any) -> str:
        """A run whose points all have a copy of this clip; its counts."""
        return self.nb.evaluate_in_kernel(_FILLED.format(axes=axes, clip=str(clip), name=name))

    def axis(self, number: int, key: str, label: str) -> Locator:
        """Choose what an axis is, from 1; the box for its values."""
        select = self.editor.get_by_role("combobox", name=f"Axis {number}", exact=True)
        if not select.count():
            self.editor.get_by_role("button", name="add an axis").click()
        select.select_option(key)
        return self.editor.get_by_role("textbox", name=f"Values of {label}", exact=True)

    def press(self, name: str) -> None:
        """A button of the run that is shown."""
        self.sweep.get_by_role("button", name=name, exact=True).click()
