"""The renders that a Studio's own gallery lists, and which of them are ours already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, overload

from framepack_widgets import _loop
from framepack_widgets.adoption.ours import Ours
from framepack_widgets.studio import gallery as shelf

if TYPE_CHECKING:
    from framepack_widgets.library import Library

EMPTY = (
    "The Studio's gallery lists nothing. Nothing has been rendered there, or it keeps no metadata: "
    "its setting “Save Metadata” is off, or its metadata folder is not its output folder. What was "
    "rendered without metadata can be adopted by its timestamp, without settings."
)


@dataclass(frozen=True)
class GalleryItem:
    """A render on a Studio."""

    timestamp: str  # what the names of its files begin with
    thumbnail: str | None = None  # path on the server: the start frame
    job: str | None = None  # the job of this Library that it is
    in_trash: bool = False  # ... which the user has deleted
    video: str | None = None  # a file of it that the server has named

    @property
    def is_ours(self) -> bool:
        """Whether the Library has it, or asked for it."""
        return self.job is not None


@dataclass(frozen=True)
class Gallery(Sequence[GalleryItem]):
    """The items, newest first. note: why there are none."""

    items: tuple[GalleryItem, ...] = field(default=())
    note: str = ""

    @overload
    def __getitem__(self, index: int) -> GalleryItem: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[GalleryItem, ...]: ...

    def __getitem__(self, index: int | slice) -> Any:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[GalleryItem]:
        return iter(self.items)

    @property
    def strangers(self) -> tuple[GalleryItem, ...]:
        """Those that are not ours yet."""
        return tuple(item for item in self.items if not item.is_ours)

    def __repr__(self) -> str:
        if not self.items:
            return f"<Gallery: {self.note}>"
        lines = [f"<Gallery: {len(self)} renders, {len(self.strangers)} not in the Library"]
        lines += [f"  {item.timestamp}  {f'job {item.job}' if item.job else ''}".rstrip()
                  for item in self.items[:20]]  # fmt: skip
        if len(self) > 20:
            lines.append(f"  and {len(self) - 20} more")
        return "\n".join(lines) + ">"


def gallery(studio: shelf.Asked, library: Library) -> Gallery:
    """Ask a Studio; see `Studio.gallery`."""
    return marked(_loop.run(shelf.entries(studio)), Ours(library))


def again(items: Sequence[GalleryItem], library: Library) -> list[GalleryItem]:
    """The same items, with whose they are by now."""
    ours = Ours(library)
    return [_marked(item, ours) for item in items]


def marked(entries: Sequence[shelf.Entry], ours: Ours) -> Gallery:
    """The entries, with whose they are."""
    items = [_marked(GalleryItem(entry.timestamp, entry.picture), ours) for entry in entries]
    return Gallery(tuple(items), "" if items else EMPTY)


def _marked(item: GalleryItem, ours: Ours) -> GalleryItem:
    owner = ours.by_timestamp(item.timestamp)
    if owner is None:
        return replace(item, job=None, in_trash=False)
    return replace(item, job=owner.id, in_trash=ours.is_in_trash(owner))
