"""What the smoke tests show in JupyterLab, Notebook 7 and Voilà.

To add a widget: its cell's source (the last expression is shown; DEMO stands for the URL of the
built-in Studio) and a text or CSS selector that is visible once it works.
"""

from __future__ import annotations

from typing import NamedTuple


class Smoke(NamedTuple):
    """One cell and how one sees that it works."""

    source: str
    shows: str
    """A Playwright selector within the output: CSS, or text=..."""


STUDIO = """
import framepack_widgets as fp
studio = fp.connect("DEMO", library="library")
job = studio.submit(prompt="it waves", seconds=1, steps=2, width=128, height=128, seed=1)
clip = job.result(60)
"""
SMOKE: dict[str, Smoke] = {
    "Player": Smoke(f"{STUDIO}fp.Player(clip)", "video"),
    "Compare": Smoke(
        "fp.Compare([clip, clip], ['one', 'two'])", ".fpw-compare-title:has-text('one')"
    ),
    "JobView": Smoke("fp.JobView(job)", "text=done"),
    "Form": Smoke("fp.Form(studio)", "button:has-text('Render')"),
    "FramePicker": Smoke("fp.FramePicker()", "button"),
    "ClipBrowser": Smoke("fp.ClipBrowser(studio.library)", "text=it waves"),
    "LoraBrowser": Smoke("fp.LoraBrowser(studio)", "text=camera-orbit"),
    "App": Smoke("fp.App('DEMO', library='library')", "button:has-text('Render')"),
}
