"""The App's way to its Studio: one attempt at a time, in a thread of its own."""

from __future__ import annotations

import concurrent.futures
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from framepack_widgets import _loop
from framepack_widgets.errors import FramePackError
from framepack_widgets.studio.address import from_environment
from framepack_widgets.widgets.app.connection_bar import Way

if TYPE_CHECKING:
    from framepack_widgets.library import Library
    from framepack_widgets.session import Studio

_REST_S = 20.0  # a Studio that takes longer to answer arrives when the page is there


def page_comes_later() -> bool:
    """Whether this is Voilà: its page comes after the cells, and asks once for all widgets.

    What is made while it asks, it does not find, and then shows no form.
    """
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


@dataclass(frozen=True)
class Target:
    """Where to connect to and how; `connect`'s arguments."""

    way: Way
    library: Any = None
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    verify: Any = True

    def with_way(self, way: Way) -> Target:
        """The same Library, another Studio. What was a secret of the old one is not sent to it."""
        same = way.url == self.way.url
        return replace(
            self,
            way=Way(way.url, way.token or self.way.token, way.auth or self.way.auth)
            if same
            else way,
            headers=self.headers if same else None,
            verify=self.verify if same else True,
        )

    @property
    def url(self) -> str | None:
        """What was given, else what the environment says; None: look around."""
        return self.way.url or from_environment()

    @property
    def is_demo(self) -> bool:
        """Whether it is the built-in Studio of this process."""
        return self.url == "demo"

    def reach(self, url: str) -> dict[str, Any]:
        """For `standby.start`; url: where the Studio was found."""
        return {
            "url": self.url or url,
            "token": self.way.token,
            "auth": self.way.auth,
            "headers": dict(self.headers) if self.headers else None,
            "verify": self.verify,
        }


class Connection:
    """Connects in the background; the newest attempt counts.

    arrived(studio) and failed(error) are called in the attempt's thread, only for the newest.
    """

    def __init__(
        self,
        target: Target,
        opened: Callable[[Library], object],
        arrived: Callable[[Studio], object],
        failed: Callable[[Exception], object],
    ) -> None:
        self.target = target
        self.studio: Studio | None = None
        self._opened, self._arrived, self._failed = opened, arrived, failed
        self._guard = threading.Lock()
        self._attempt: Future[Studio] = Future()
        self._shelf: Future[Library] = Future()

    def start(self, target: Target | None = None) -> None:
        """Try to connect; an older attempt that is still under way is forgotten."""
        with self._guard:
            self.target = target = target or self.target
            if self._attempt.done():
                self._attempt = Future()
            if self._shelf.done() and self._shelf.exception():
                self._shelf = Future()
        threading.Thread(
            target=self._connect, args=(target,), name="framepack-connect", daemon=True
        ).start()

    def have(self, studio: Studio) -> None:
        """There is a Studio already."""
        self._shelf.set_result(studio.library)
        self._opened(studio.library)
        self._come(studio)

    def wait(self) -> Studio:
        """The Studio; raises what keeps the newest attempt from it, if there is none."""
        try:
            return _loop.wait(self._attempt)
        except FramePackError:
            if self.studio is not None:
                return self.studio
            raise

    def is_over(self) -> bool:
        """Wait a while until the attempt has come to an end, a good one or not; whether it has."""
        return bool(concurrent.futures.wait([self._attempt], _REST_S).done)

    def wait_library(self) -> Library:
        """The Library, which needs no Studio. Raises LibraryError."""
        return _loop.wait(self._shelf)

    def _connect(self, target: Target) -> None:
        try:
            from framepack_widgets.registry import library_at
            from framepack_widgets.session import connect

            library = library_at(target.library)
            with self._guard:
                is_new = not self._shelf.done()
                if is_new:
                    self._shelf.set_result(library)
            if is_new:
                self._opened(library)
            way = target.way
            studio = connect(
                way.url, library=library, token=way.token, auth=way.auth,
                headers=target.headers, verify=target.verify,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - told in the page and to whoever waits
            self._fall(target, error)
        else:
            if self.target is target:
                self._come(studio)

    def _come(self, studio: Studio) -> None:
        self.studio = studio
        try:
            self._arrived(studio)
        finally:
            with self._guard:
                if not self._attempt.done():
                    self._attempt.set_result(studio)

    def _fall(self, target: Target, error: Exception) -> None:
        if self.target is not target:
            return
        try:
            self._failed(error)
        finally:
            with self._guard:
                if self.target is target:
                    for future in (self._shelf, self._attempt):
                        if not future.done():
                            future.set_exception(error)
