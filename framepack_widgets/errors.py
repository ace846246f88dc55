"""Everything this package raises on purpose.

    FramePackError
    ├── SettingsError        settings that this Studio cannot render; `.problems` lists all of them
    ├── StudioUnreachable    nobody answers at that address (any more)
    │   └── NotAStudio       something answers, but it is not a FramePack Studio
    ├── StudioRefused        the Studio said no: a login it wants, a call it rejects
    ├── JobFailed            the render failed on the server
    │   └── WrongClip        a clip came back that is provably not this job's
    ├── JobCancelled         the render was cancelled, by us or on the server
    ├── JobLost              the server no longer knows the job, and left no clip of it
    └── LibraryError         the folder or database of the Library cannot be used

Every message says what happened, with which job, field or file, and what to do next.
`TimeoutError` (from `job.result(timeout)`) is Python's own: nothing went wrong, the wait was short.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from framepack_widgets.validation import Problem


class FramePackError(Exception):
    """The root of this package's errors."""


class SettingsError(FramePackError):
    """Settings that cannot be rendered; nothing was sent.

    problems: every problem found, each with `.field`, `.message` and `.hint`; may be empty where
    the settings could not even be read (a file that holds none).
    """

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message, tuple(problems))
        self.problems: tuple[Problem, ...] = tuple(problems)

    def __str__(self) -> str:
        return str(self.args[0])


class StudioUnreachable(FramePackError):
    """Nobody answers at the Studio's address."""


class NotAStudio(StudioUnreachable):
    """Something answers at that address, but it is not a FramePack Studio."""


class StudioRefused(FramePackError):
    """The Studio, or a proxy in front of it, said no."""


class JobFailed(FramePackError):
    """The render failed on the server."""


class WrongClip(JobFailed):
    """A clip came back that is provably not this job's. The file is kept aside, never shown."""


class JobCancelled(FramePackError):
    """The render was cancelled. What had been rendered until then is in `job.clip`."""


class JobLost(FramePackError):
    """The server does not know the job any more and left no clip of it."""


class LibraryError(FramePackError):
    """The Library's folder or database cannot be used."""
