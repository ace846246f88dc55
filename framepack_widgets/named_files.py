"""Small JSON files in a folder, each for a name that somebody chose.

Written atomically, one file a name, so that two processes never lose each other's. A file's name is
made from a fingerprint of the chosen one: names may hold what file systems refuse ("/", "?", "con")
or do not tell apart ("Cat" and "cat").
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from framepack_widgets.durable import explaining, json_text, remove_stale_temporaries, write_bytes
from framepack_widgets.errors import LibraryError

Content = TypeVar("Content")


class NamedFiles(Generic[Content]):
    """What is kept under names in one folder. Reads the disk anew each time: others write, too.

    kind: what one of them is called in messages ("preset"). content: makes of a file's JSON what
    it stands for; may raise ValueError, TypeError, KeyError, LibraryError. Nothing is created until
    something is written.
    """

    def __init__(
        self, folder: Path, kind: str, longest: int, content: Callable[[dict[str, Any]], Content]
    ) -> None:
        self.folder = folder
        self._kind = kind
        self._longest = longest  # characters of a name
        self._content = content

    def names(self) -> list[str]:
        """All names, sorted without regard to case. Files that cannot be read: `problems()`."""
        return sorted(self.all(), key=lambda name: (name.casefold(), name))

    def all(self) -> dict[str, Content]:
        """{name: content} of all that can be read."""
        return dict(self._readable([]))

    def problems(self) -> list[str]:
        """What is wrong with files that cannot be read, a sentence each, with what to do."""
        said: list[str] = []
        for _ in self._readable(said):
            pass
        return said

    def read(self, name: str) -> Content | None:
        """What is kept under that name; None: nothing. Raises LibraryError."""
        path = self.checked(name)
        return self._read(path)[1] if path.is_file() else None

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Keep this JSON under that name, in place of what had the name. Raises LibraryError."""
        path = self.checked(name)
        text = json_text({"name": name, **content}, indent=1)
        with explaining(f"write the {self._kind}", path):
            self.folder.mkdir(parents=True, exist_ok=True)
            remove_stale_temporaries(self.folder)
            write_bytes(path, text.encode())

    def delete(self, name: str) -> None:
        """Forget it. Raises LibraryError where there is none of that name."""
        path = self.checked(name)
        with explaining(f"delete the {self._kind}", path):
            try:
                path.unlink()
            except FileNotFoundError:
                raise self.unknown(name) from None

    def unknown(self, name: str) -> LibraryError:
        """There is none of that name."""
        there = ", ".join(repr(other) for other in self.names()) or "none yet"
        return LibraryError(
            f"There is no {self._kind} {name!r} in {self.folder}. There are: {there}."
        )

    def checked(self, name: str) -> Path:
        """The name's file. Raises LibraryError for what is no name."""
        if not isinstance(name, str) or not name.strip() or len(name) > self._longest:
            raise LibraryError(
                f"The name of a {self._kind} has 1 to {self._longest} characters, not only "
                f"blanks; this is none: {name!r:.120}. Choose another name."
            )
        return self.file(name)

    def file(self, name: str) -> Path:
        """Where it is, or would be."""
        readable = re.sub(r"[^a-z0-9]+", "-", name.lower())[:24].strip("-")
        fingerprint = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return self.folder / f"{readable}-{fingerprint}.json".lstrip("-")

    def state(self) -> tuple[tuple[str, int, int, int], ...]:
        """Equal as long as no file has changed; reads no file."""
        found = []
        with suppress(OSError):  # no folder yet, or a file that has just been deleted
            for path in self.folder.glob("*.json"):
                told = path.stat()
                found.append((path.name, told.st_mtime_ns, told.st_size, told.st_ino))
        return tuple(sorted(found))

    def _readable(self, said: list[str]) -> Iterator[tuple[str, Content]]:
        """Every one that can be read; what is wrong with the others is added to `said`."""
        for path in sorted(self.folder.glob("*.json")):
            try:
                name, content = self._read(path)
            except LibraryError as error:
                if path.exists():  # else somebody else has just deleted it
                    said.append(str(error))
                continue
            if path == self.file(name):
                yield name, content
            else:  # a copy made by hand: it could neither be read nor deleted by its name
                said.append(
                    f"{path} is not at the place of the {self._kind} {name!r}: it was copied or "
                    "renamed by hand, and is left out. Remove the file, or give it its name back."
                )

    def _read(self, path: Path) -> tuple[str, Content]:
        with explaining(f"read the {self._kind}", path):
            data = path.read_bytes()
        try:
            found: Any = json.loads(data)
            name = found["name"]
            if not isinstance(name, str):
                raise TypeError("its name is no text")
            return name, self._content(found)
        except (ValueError, TypeError, KeyError, LibraryError) as error:
            raise LibraryError(
                f"The {self._kind} {path} cannot be read: {type(error).__name__}: {error}. Restore "
                f"the file from a backup, or delete it and save the {self._kind} again; the others "
                "are not touched."
            ) from error


class Names(Generic[Content]):
    """What is kept in such a folder, as its users see it: a collection of names."""

    def __init__(self, files: NamedFiles[Content]) -> None:
        self.folder = files.folder
        self._files = files

    def names(self) -> list[str]:
        """All names, sorted without regard to case. Files that cannot be read: `problems()`."""
        return self._files.names()

    def problems(self) -> list[str]:
        """What is wrong with files that cannot be read, a sentence each, with what to do."""
        return self._files.problems()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._files.file(name).is_file()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def __repr__(self) -> str:
        kept = ", ".join(map(repr, self.names())) or "none"
        return f"<{type(self).__name__} in {self.folder}: {kept}>"
