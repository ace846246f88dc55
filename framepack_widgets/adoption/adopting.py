"""The part of `Studio` that takes what others rendered into its Library."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import TYPE_CHECKING

from framepack_widgets import _loop
from framepack_widgets.adoption.gallery import Gallery, GalleryItem, gallery
from framepack_widgets.adoption.results import Adopted, Step
from framepack_widgets.adoption.studio import adopt
from framepack_widgets.poster import as_poster

if TYPE_CHECKING:
    from framepack_widgets.registry import Desk
    from framepack_widgets.studio.client import StudioClient


class Adopting:
    """What is on a Studio already."""

    _client: StudioClient
    _desk: Desk

    def gallery(self) -> Gallery:
        """The renders that the server's own gallery lists, newest first; `.job` of what is ours.

        Where there are none, `.note` says why. Costs the server some work. Raises StudioRefused
        where this Studio has no gallery.
        """
        return gallery(self._client, self._desk.library)

    def adopt(
        self,
        items: Iterable[GalleryItem | str] | None = None,
        *,
        progress: Callable[[Step], object] | None = None,
    ) -> Adopted:
        """Take renders into the Library, clips and settings; nothing is rendered or deleted.

        items: of `gallery()`, or timestamps; None: all of it that is not ours yet. progress(step)
        is called in another thread. Gives the clips that are new; `.problems` of the answer says
        what was not adopted, and why. After a crash call it again: it goes on where it was.
        """
        return adopt(self._client, self._desk.library, self._desk.key, items, progress)

    def thumbnail(self, path: str, max_width: int = 240) -> bytes:
        """A picture on the server (of a `GalleryItem`) as JPEG, at most so many px wide.

        Raises StudioUnreachable where it is gone, and ValueError where it is no picture.
        """
        return _shrunk(_loop.run(self._client.read_file(path)), max_width)


def _shrunk(picture: bytes, max_width: int) -> bytes:
    import PIL.Image

    try:
        with PIL.Image.open(BytesIO(picture)) as image:
            return as_poster(image.convert("RGB"), max_width)
    except (OSError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise ValueError(f"no picture that can be shown: {error}") from error
