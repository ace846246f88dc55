"""What the terminal program's exit codes mean, and which error gives which. Pure."""

from __future__ import annotations

from enum import IntEnum

from framepack_widgets.errors import (
    FramePackError,
    JobCancelled,
    JobFailed,
    JobLost,
    LibraryError,
    SettingsError,
    StudioRefused,
    StudioUnreachable,
)
from framepack_widgets.job import JobState


class ExitCode(IntEnum):
    """Exit codes; the table in docs/terminal.md says the same."""

    OK = 0
    UNEXPECTED = 1  # an error that this package did not foresee
    SETTINGS = 2  # wrong use of the program, or settings that cannot be rendered; nothing was sent
    UNREACHABLE = 3  # nobody answers, or it is not a Studio
    REFUSED = 4  # the Studio, or a proxy in front of it, said no
    FAILED = 5  # the render failed, or its clip is provably another job's
    CANCELLED = 6
    LOST = 7  # the server lost the job, or nobody can say what became of it
    LIBRARY = 8  # the Library's folder or database cannot be used, or has no such job
    INTERRUPTED = 130  # Ctrl-C: this program ended, the render goes on


_CODES: tuple[tuple[type[FramePackError], ExitCode], ...] = (
    (SettingsError, ExitCode.SETTINGS),
    (StudioUnreachable, ExitCode.UNREACHABLE),
    (StudioRefused, ExitCode.REFUSED),
    (JobFailed, ExitCode.FAILED),
    (JobCancelled, ExitCode.CANCELLED),
    (JobLost, ExitCode.LOST),
    (LibraryError, ExitCode.LIBRARY),
)

_STATES = {
    JobState.FAILED: ExitCode.FAILED,
    JobState.CANCELLED: ExitCode.CANCELLED,
    JobState.LOST: ExitCode.LOST,
    JobState.UNSURE: ExitCode.LOST,
}


def code_of(error: FramePackError) -> ExitCode:
    """The exit code for an error of ours."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.UNEXPECTED)


def code_of_states(states: list[JobState]) -> ExitCode:
    """The exit code after several jobs: that of the first one that is not done."""
    return next((_STATES[state] for state in states if state in _STATES), ExitCode.OK)
