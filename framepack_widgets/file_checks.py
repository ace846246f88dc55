"""Whether the files that settings name can be sent: there, not empty, images that can be read."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from functools import lru_cache
from pathlib import Path

from framepack_widgets.problem import Problem
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings


def check_frames(settings: Settings, schema: Schema) -> list[Problem]:
    """What is wrong with these settings' files: images are decoded, videos only looked at."""
    found = []
    for name, value in settings.set_values().items():
        field = schema.get(name)
        if field is not None and field.kind in ("image", "video") and isinstance(value, str):
            problem = _check_file(name, value, is_image=field.kind == "image")
            if problem is not None:
                found.append(problem)
    return found


def _check_file(name: str, text: str, *, is_image: bool) -> Problem | None:
    if text.startswith(("http://", "https://")):
        return Problem(name, f"{text} is a web address.", "Download it, and give the file's path.")
    path = Path(os.path.expanduser(text))  # noqa: PTH111 (Path's own raises for ~nobody)
    try:
        facts = path.stat()
    except FileNotFoundError:
        return Problem(name, f"there is no file {text}.", f"Looked in {path.parent.absolute()}.")
    except (OSError, ValueError) as exc:
        return Problem(name, f"{text} cannot be read ({exc}).")
    if stat.S_ISDIR(facts.st_mode):
        return Problem(name, f"{text or 'an empty path'} is a folder.", "Give the path of a file.")
    if facts.st_size == 0:
        return Problem(name, f"{text} is empty (0 bytes).")
    fault = None
    if is_image:
        fault = _image_fault(str(path), facts.st_mtime_ns, facts.st_size)
    elif not os.access(path, os.R_OK):
        fault = "permission denied"
    if fault is None:
        return None
    return Problem(name, f"{text} cannot be read ({fault}).", "Open it in a viewer to check it.")


# One look a version of a file: a form validates at every change.
@lru_cache(maxsize=256)
def _image_fault(path: str, _mtime_ns: int, _size: int) -> str | None:
    """Why this file is no image, or None. All pixels are decoded: cut files have good headers."""
    import PIL.Image

    faults = (
        *(OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError),
        *(struct.error, zlib.error, PIL.Image.DecompressionBombError),
    )
    try:
        with PIL.Image.open(path) as image:
            image.load()
    except PIL.UnidentifiedImageError:
        return "not an image"
    except faults as exc:  # what PIL's many decoders raise for damaged files
        return str(exc) or type(exc).__name__
    return None
