"""The folder and database in which jobs and clips live.

library.sqlite3   jobs, Studios, trash      clips/    finished clips, each with a JSON beside it
inputs/           frames and videos         aside/    files that must not be shown
incoming/         downloads on their way    trash/    deleted, but not for good
locks/            who runs the jobs             presets/  named Settings (`presets.py`)
"""

from framepack_widgets.library.core import Library
from framepack_widgets.library.deletion import Deletion
from framepack_widgets.library.sizes import LibrarySize
from framepack_widgets.library.studios import StudioRow

__all__ = ["Deletion", "Library", "LibrarySize", "StudioRow"]
