"""What a deletion would take away or took away: it shows itself, and waits to be confirmed."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any, Protocol

from framepack_widgets.errors import LibraryError
from framepack_widgets.library.sizes import counted, human

_SHOWN = 12  # names listed before "and … more"


@dataclass(frozen=True)
class FileFact:
    """A file as it was when the deletion was shown."""

    path: str  # below the Library's folder, with "/"
    size: int  # bytes
    changed_ns: int  # time of the last change


@dataclass(frozen=True)
class Contents:
    """Everything one deletion takes: exactly this, or nothing."""

    jobs: tuple[str, ...] = ()  # ids
    files: tuple[FileFact, ...] = ()  # clips with their JSON, files kept aside
    inputs: tuple[FileFact, ...] = ()  # frames and videos that no other job uses

    @property
    def size(self) -> int:
        """Of all files together, bytes."""
        return sum(file.size for file in (*self.files, *self.inputs))

    @property
    def clips(self) -> list[str]:
        """The clips' file names."""
        return [file.path.rsplit("/", 1)[-1] for file in self.files if file.path.endswith(".mp4")]

    def to_dict(self) -> dict[str, Any]:
        return {
            "jobs": list(self.jobs),
            "files": [[f.path, f.size, f.changed_ns] for f in self.files],
            "inputs": [[f.path, f.size, f.changed_ns] for f in self.inputs],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Contents:
        return cls(
            tuple(data["jobs"]),
            tuple(FileFact(*item) for item in data["files"]),
            tuple(FileFact(*item) for item in data["inputs"]),
        )


class DoesDeletions(Protocol):
    """The trash, as a deletion sees it."""

    def carry_out(self, deletion: Deletion) -> None:
        """Do what the deletion says, or raise LibraryError and do nothing."""

    def restore(self, deletion_id: str) -> Deletion:
        """Bring everything back."""


class Deletion:
    """A deletion that was asked for; nothing happens before `confirm()`.

    state: "asked", "trashed", "undone" or "gone" (finally deleted). final: it empties the trash.
    """

    def __init__(
        self,
        trash: DoesDeletions,
        deletion_id: str,
        contents: Contents,
        *,
        state: str = "asked",
        final: bool = False,
        deleted_at: float | None = None,
        of: tuple[str, ...] = (),
    ) -> None:
        self._trash = trash
        self.id = deletion_id
        self.contents = contents
        self.state = state
        self.final = final
        self.deleted_at = deleted_at  # s since 1970
        self.of = of  # ids of the deletions that emptying the trash makes final

    @property
    def jobs(self) -> tuple[str, ...]:
        """Ids of the jobs."""
        return self.contents.jobs

    @property
    def clips(self) -> list[str]:
        """File names of the clips."""
        return self.contents.clips

    @property
    def size(self) -> int:
        """Of all files together, bytes."""
        return self.contents.size

    def confirm(self) -> Deletion:
        """Do it: move everything to the trash, or, for `empty_trash()`, delete it for good.

        Raises LibraryError, and does nothing, if what would be deleted is not any more what was
        shown.
        """
        if self.state != "asked":
            raise LibraryError(f"This deletion is {self.state} already; ask for a new one.")
        self._trash.carry_out(self)
        self.state = "gone" if self.final else "trashed"
        return self

    def undo(self) -> Deletion:
        """Bring everything back from the trash."""
        if self.state == "asked":
            raise LibraryError("Nothing was deleted yet, so there is nothing to undo.")
        if self.state == "gone" or self.final:
            raise LibraryError("The trash was emptied: this cannot be undone.")
        if self.state == "trashed":
            self._trash.restore(self.id)
            self.state = "undone"
        return self

    def __str__(self) -> str:
        lines = [self._headline(), *(f"  {name}" for name in self._shown()), self._way_on()]
        return "\n".join(line for line in lines if line)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        names = "".join(f"<li><code>{html.escape(name)}</code></li>" for name in self._shown())
        return (
            f"<div><p><b>{html.escape(self._headline())}</b></p><ul>{names}</ul>"
            f"<p>{html.escape(self._way_on())}</p></div>"
        )

    def _headline(self) -> str:
        done = {"asked": "", "trashed": "In the trash: ", "undone": "Brought back: "}
        verb = done.get(self.state, "Deleted for good: ")
        if self.state == "asked":
            verb = "To delete for good: " if self.final else "To delete: "
        what = f"{counted(len(self.jobs), 'job')} with {counted(len(self.clips), 'clip')}"
        if self.contents.inputs:
            what += f" and {counted(len(self.contents.inputs), 'input file')} nobody else uses"
        return f"{verb}{what}, {human(self.size)}"

    def _shown(self) -> list[str]:
        names = self.clips
        if len(names) <= _SHOWN:
            return names
        return [*names[:_SHOWN], f"and {len(names) - _SHOWN} more"]

    def _way_on(self) -> str:
        if self.state == "asked" and self.final:
            return "Nothing has happened yet. confirm() deletes it; that cannot be undone."
        if self.state == "asked":
            return (
                "Nothing has happened yet. confirm() moves it to the trash, undo() brings it back."
            )
        if self.state == "trashed":
            return "undo() brings it back; library.empty_trash() frees the room."
        return ""
