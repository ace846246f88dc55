"""A notebook front end for FramePack Studio: images to video, clip and settings kept together.

    import framepack_widgets as fp

    studio = fp.connect("http://127.0.0.1:7860")  # or "demo"
    job = studio.submit(start_frame="cat.png", prompt="it yawns", seconds=4)
    clip = await job  # or job.result() in a script

Importing this package opens nothing, starts nothing and patches nothing; heavy parts are loaded
when they are first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framepack_widgets._loop import allow_nested_loops
    from framepack_widgets.adoption import adopt_folder
    from framepack_widgets.clip import Clip
    from framepack_widgets.errors import (
        FramePackError,
        JobCancelled,
        JobFailed,
        JobLost,
        LibraryError,
        NotAStudio,
        SettingsError,
        StudioRefused,
        StudioUnreachable,
        WrongClip,
    )
    from framepack_widgets.found_settings import FoundSettings
    from framepack_widgets.job import JobState, Progress
    from framepack_widgets.library import Library
    from framepack_widgets.live_job import Job
    from framepack_widgets.logins import forget_login, save_login, save_token
    from framepack_widgets.lora_notes import LoraNote, LoraNotes
    from framepack_widgets.runs.sweep_run import SweepRun
    from framepack_widgets.session import Studio, connect
    from framepack_widgets.settings import Settings
    from framepack_widgets.settings_files import open_settings
    from framepack_widgets.sweeps.axis import Axis
    from framepack_widgets.sweeps.axis_values import linspace, logspace
    from framepack_widgets.sweeps.draws import choice, log_uniform, uniform
    from framepack_widgets.sweeps.sources import alternatives, search_replace, seeds
    from framepack_widgets.sweeps.spec import load_spec, save_spec
    from framepack_widgets.sweeps.sweep import Sweep
    from framepack_widgets.video_join import join
    from framepack_widgets.widgets.app.app import App
    from framepack_widgets.widgets.clips.clip_browser import ClipBrowser
    from framepack_widgets.widgets.clips.player import Player
    from framepack_widgets.widgets.compare.compare import Compare
    from framepack_widgets.widgets.form.form import Form
    from framepack_widgets.widgets.frames.frame_picker import FramePicker
    from framepack_widgets.widgets.jobs.job_view import JobView
    from framepack_widgets.widgets.loras.lora_browser import LoraBrowser
    from framepack_widgets.widgets.sweeps.sweep_editor import SweepEditor
    from framepack_widgets.widgets.sweeps.sweep_view import SweepView

_HOMES = {
    "App": "widgets.app.app",
    "ClipBrowser": "widgets.clips.clip_browser",
    "adopt_folder": "adoption",
    "allow_nested_loops": "_loop",
    "Clip": "clip",
    "Compare": "widgets.compare.compare",
    "Form": "widgets.form.form",
    "FramePackError": "errors",
    "JobCancelled": "errors",
    "JobFailed": "errors",
    "JobLost": "errors",
    "LibraryError": "errors",
    "NotAStudio": "errors",
    "SettingsError": "errors",
    "StudioRefused": "errors",
    "StudioUnreachable": "errors",
    "WrongClip": "errors",
    "FoundSettings": "found_settings",
    "JobState": "job",
    "Progress": "job",
    "Library": "library",
    "Player": "widgets.clips.player",
    "FramePicker": "widgets.frames.frame_picker",
    "Job": "live_job",
    "LoraBrowser": "widgets.loras.lora_browser",
    "LoraNote": "lora_notes",
    "LoraNotes": "lora_notes",
    "Studio": "session",
    "connect": "session",
    "join": "video_join",
    "open_settings": "settings_files",
    "Settings": "settings",
    "forget_login": "logins",
    "save_login": "logins",
    "save_token": "logins",
    "JobView": "widgets.jobs.job_view",
    "Axis": "sweeps.axis",
    "Sweep": "sweeps.sweep",
    "SweepEditor": "widgets.sweeps.sweep_editor",
    "SweepRun": "runs.sweep_run",
    "SweepView": "widgets.sweeps.sweep_view",
    "alternatives": "sweeps.sources",
    "choice": "sweeps.draws",
    "linspace": "sweeps.axis_values",
    "load_spec": "sweeps.spec",
    "log_uniform": "sweeps.draws",
    "logspace": "sweeps.axis_values",
    "save_spec": "sweeps.spec",
    "search_replace": "sweeps.sources",
    "seeds": "sweeps.sources",
    "uniform": "sweeps.draws",
}

__all__ = [
    "App",
    "Axis",
    "Clip",
    "ClipBrowser",
    "Compare",
    "Form",
    "FoundSettings",
    "FramePackError",
    "FramePicker",
    "Job",
    "JobCancelled",
    "JobFailed",
    "JobLost",
    "JobState",
    "JobView",
    "Library",
    "LibraryError",
    "LoraBrowser",
    "LoraNote",
    "LoraNotes",
    "NotAStudio",
    "Player",
    "Progress",
    "Settings",
    "SettingsError",
    "Studio",
    "StudioRefused",
    "StudioUnreachable",
    "Sweep",
    "SweepEditor",
    "SweepRun",
    "SweepView",
    "WrongClip",
    "adopt_folder",
    "allow_nested_loops",
    "alternatives",
    "choice",
    "connect",
    "forget_login",
    "join",
    "linspace",
    "load_spec",
    "log_uniform",
    "logspace",
    "open_settings",
    "save_login",
    "save_spec",
    "save_token",
    "search_replace",
    "seeds",
    "uniform",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("framepack-widgets")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if "IPython" in sys.modules:  # perhaps a notebook: its page should show what we give it
        import_module(f"{__name__}._display").register()
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
