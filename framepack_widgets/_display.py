"""How a Clip, a Job and a Studio show themselves in a notebook.

Registered with IPython by name, so that none of them knows this module: `register()` is called
when the package's public names are first used in a kernel. A Clip is shown as a Player, a Job as a
JobView, a SweepRun as a SweepView, each with a second output for the notebook that is opened
without a kernel. A Sweep shows its plan. Terminals show their text.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from framepack_widgets.widgets.saved_html import clip_html, job_html, table
from framepack_widgets.widgets.sweeps.sweep_html import run_html, sweep_html

if TYPE_CHECKING:
    from framepack_widgets.clip import Clip
    from framepack_widgets.live_job import Job
    from framepack_widgets.runs.sweep_run import SweepRun
    from framepack_widgets.session import Studio


def register() -> None:
    """Tell IPython how to show our objects, if this process is an IPython one. Idempotent."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return
    page = shell.display_formatter.formatters["text/html"]
    page.for_type_by_name("framepack_widgets.clip", "Clip", clip_html)
    page.for_type_by_name("framepack_widgets.live_job", "Job", job_html)
    page.for_type_by_name("framepack_widgets.session", "Studio", studio_html)
    page.for_type_by_name("framepack_widgets.runs.sweep_run", "SweepRun", run_html)
    page.for_type_by_name("framepack_widgets.sweeps.sweep", "Sweep", sweep_html)
    if getattr(shell, "kernel", None) is None:
        return  # a terminal: nobody is there who could draw a widget
    live = shell.display_formatter.ipython_display_formatter
    live.for_type_by_name("framepack_widgets.clip", "Clip", show_clip)
    live.for_type_by_name("framepack_widgets.live_job", "Job", show_job)
    live.for_type_by_name("framepack_widgets.runs.sweep_run", "SweepRun", show_run)


def show_clip(clip: Clip) -> None:
    """Show a Player of it in the running cell."""
    from framepack_widgets.widgets.clips.player import Player

    Player(clip)._ipython_display_()


def show_job(job: Job) -> None:
    """Show a JobView of it in the running cell."""
    from IPython.display import display

    from framepack_widgets.widgets.jobs.job_view import JobView

    display(JobView(job))


def show_run(run: SweepRun) -> None:
    """Show a SweepView of it in the running cell."""
    from framepack_widgets.widgets.sweeps.sweep_view import SweepView

    SweepView(run)._ipython_display_()


def studio_html(studio: Studio) -> str:
    """What `connect` found."""
    facts: list[tuple[str, Any]] = [
        ("address", studio.url),
        ("version", studio.version or "not known"),
        ("models", ", ".join(studio.models)),
        ("LoRAs", ", ".join(studio.loras) or "none"),
        ("library", str(studio.library.path)),
    ]
    if studio.trouble:
        facts.append(("trouble", studio.trouble))
    return f"<div><p><b>FramePack Studio</b></p>{table(facts)}</div>"
