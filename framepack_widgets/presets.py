"""Settings kept under a name, in the Library's folder `presets/`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from framepack_widgets.durable import json_text
from framepack_widgets.errors import SettingsError
from framepack_widgets.named_files import NamedFiles, Names
from framepack_widgets.settings import Settings

FOLDER = "presets"
LONGEST_NAME = 80  # characters


class Presets(Names[Settings]):
    """Named Settings of one Library. Reads the disk anew each time: others may write, too.

    library_path: the Library's folder. Nothing is created before something is saved.
    A frame that lives in memory is kept inside the file; a path is kept as the path it is.
    """

    def __init__(self, library_path: str | os.PathLike[str]) -> None:
        folder = Path(library_path) / FOLDER
        super().__init__(NamedFiles(folder, "preset", LONGEST_NAME, _settings))

    def load(self, name: str) -> Settings:
        """The settings of that name.

        Raises LibraryError where there is none, or its file cannot be read.
        """
        settings = self._files.read(name)
        if settings is None:
            raise self._files.unknown(name)
        return settings

    def save(self, name: str, settings: Settings) -> None:
        """Keep the settings under that name; what had the name before is replaced.

        name: 1 to 80 characters of any kind, not only blanks. Raises LibraryError for another name
        or where the file cannot be written, SettingsError for values that JSON cannot hold.
        """
        self._files.checked(name)
        values = settings.to_dict()
        if changed := _changed_by_writing(settings, values):
            raise SettingsError(
                f"These settings cannot be kept as preset {name!r}: {', '.join(changed)} would not "
                "come back as they are. A frame has to be a path or an image."
            )
        self._files.write(name, {"settings": values})

    def delete(self, name: str) -> None:
        """Forget the preset. Raises LibraryError where there is none of that name."""
        self._files.delete(name)


def _changed_by_writing(settings: Settings, values: dict[str, Any]) -> list[str]:
    """Fields of a type that JSON cannot give back, such as an object that is no image."""
    back = Settings.from_dict(json.loads(json_text(values))).set_values()
    return [name for name, value in settings.set_values().items() if back.get(name) != value]


def _settings(found: dict[str, Any]) -> Settings:
    return Settings.from_dict(found["settings"])
