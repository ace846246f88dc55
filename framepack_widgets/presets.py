"""Settings kept under a name, in the Library's folder `presets/`.

One small file a preset, written atomically, so that two processes never lose each other's. A file's
name is made from a fingerprint of the preset's: names may hold what file systems refuse ("/", "?",
"con") or do not tell apart ("Cat" and "cat").
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from framepack_widgets.durable import explaining, json_text, remove_stale_temporaries, write_bytes
from framepack_widgets.errors import LibraryError, SettingsError
from framepack_widgets.settings import Settings

FOLDER = "presets"
LONGEST_NAME = 80  # characters


class Presets:
    """Named Settings of one Library. Reads the disk anew each time: others may write, too.

    library_path: the Library's folder. Nothing is created before something is saved.
    A frame that lives in memory is kept inside the file; a path is kept as the path it is.
    """

    def __init__(self, library_path: str | os.PathLike[str]) -> None:
        self.folder = Path(library_path) / FOLDER

    def names(self) -> list[str]:
        """All names, sorted without regard to case. Files that cannot be read: `problems()`."""
        found = {name for _, name, _ in self._readable([])}
        return sorted(found, key=lambda name: (name.casefold(), name))

    def problems(self) -> list[str]:
        """What is wrong with files that cannot be read, a sentence each, with what to do."""
        said: list[str] = []
        for _ in self._readable(said):
            pass
        return said

    def load(self, name: str) -> Settings:
        """The settings of that name.

        Raises LibraryError where there is none, or its file cannot be read.
        """
        path = self._path(name)
        if not path.is_file():
            raise self._unknown(name)
        return _read(path)[1]

    def save(self, name: str, settings: Settings) -> None:
        """Keep the settings under that name; what had the name before is replaced.

        name: 1 to 80 characters of any kind, not only blanks. Raises LibraryError for another name
        or where the file cannot be written, SettingsError for values that JSON cannot hold.
        """
        path = self._path(name)
        values = settings.to_dict()
        if changed := _changed_by_writing(settings, values):
            raise SettingsError(
                f"These settings cannot be kept as preset {name!r}: {', '.join(changed)} would not "
                "come back as they are. A frame has to be a path or an image."
            )
        text = json_text({"name": name, "settings": values}, indent=1)
        with explaining("write the preset", path):
            self.folder.mkdir(parents=True, exist_ok=True)
            remove_stale_temporaries(self.folder)
            write_bytes(path, text.encode())

    def delete(self, name: str) -> None:
        """Forget the preset. Raises LibraryError where there is none of that name."""
        path = self._path(name)
        with explaining("delete the preset", path):
            try:
                path.unlink()
            except FileNotFoundError:
                raise self._unknown(name) from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._file(name).is_file()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def __repr__(self) -> str:
        return f"<Presets in {self.folder}: {', '.join(map(repr, self.names())) or 'none'}>"

    def _readable(self, said: list[str]) -> Iterator[tuple[Path, str, Settings]]:
        """Every preset that can be read; what is wrong with the others is added to `said`."""
        for path in sorted(self.folder.glob("*.json")):
            try:
                name, settings = _read(path)
            except LibraryError as error:
                if path.exists():  # else somebody else has just deleted it
                    said.append(str(error))
                continue
            if path == self._file(name):
                yield path, name, settings
            else:  # a copy made by hand: it could neither be loaded nor deleted by its name
                said.append(
                    f"{path} is not at the place of preset {name!r}. Load it with "
                    f"Settings.from_dict and save it under a name, or remove the file."
                )

    def _path(self, name: str) -> Path:
        if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
            raise LibraryError(
                f"A preset's name has 1 to {LONGEST_NAME} characters, not only blanks; this is "
                f"none: {name!r:.120}. Choose another name."
            )
        return self._file(name)

    def _file(self, name: str) -> Path:
        readable = re.sub(r"[^a-z0-9]+", "-", name.lower())[:24].strip("-")
        fingerprint = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return self.folder / f"{readable}-{fingerprint}.json".lstrip("-")

    def _unknown(self, name: str) -> LibraryError:
        there = ", ".join(repr(other) for other in self.names()) or "none yet"
        return LibraryError(f"There is no preset {name!r} in {self.folder}. There are: {there}.")


def _changed_by_writing(settings: Settings, values: dict[str, Any]) -> list[str]:
    """Fields of a type that JSON cannot give back, such as an object that is no image."""
    back = Settings.from_dict(json.loads(json_text(values))).set_values()
    return [name for name, value in settings.set_values().items() if back.get(name) != value]


def _read(path: Path) -> tuple[str, Settings]:
    """The name and settings in a preset's file. Raises LibraryError."""
    with explaining("read the preset", path):
        data = path.read_bytes()
    try:
        found: Any = json.loads(data)
        name, values = found["name"], found["settings"]
        if not isinstance(name, str):
            raise TypeError("its name is no text")
        return name, Settings.from_dict(values)
    except (ValueError, TypeError, KeyError) as error:
        raise LibraryError(
            f"The preset {path} cannot be read: {type(error).__name__}: {error}. Restore the file "
            "from a backup, or delete it and save the preset again; the others are not touched."
        ) from error
