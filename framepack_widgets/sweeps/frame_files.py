"""Frames and videos of an axis: lists, folders and patterns as paths in natural order."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.frozen import freeze
from framepack_widgets.images import DATA_URL, ImageData, image_size, is_array, is_pil

_WILD = re.compile(r"[*?\[]")
_NEVER_MEANT = frozenset({"thumbs.db", "desktop.ini"})  # Windows puts them beside pictures
_VIDEOS = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".gif"}
)


def frames_of(given: Any, *, is_video: bool, folder: Path | None = None) -> tuple[Any, ...]:
    """The frames in what was given; paths are looked at, so that a wrong one is named now.

    given: a path, a folder, a pattern (`frames/*.png`), an image, an array (N, H, W, 3) or a list
    of these. folder: where relative paths begin, else the working directory. Raises SettingsError.
    """
    found: list[Any] = []
    for item in _listed(given):
        value = _image(freeze(item))
        if isinstance(value, str):
            found += _files(value, is_video=is_video, folder=folder)
        else:
            found.append(value)
    return tuple(found)


def natural(path: str) -> tuple[Any, ...]:
    """For sorting as people count: shot2 before shot10."""
    parts = re.split(r"(\d+)", path.casefold())
    return (*((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts), (2, 0, path))


def _listed(given: Any) -> Iterable[Any]:
    if is_array(given):
        return list(given) if len(given.shape) == 4 else [given]
    one = is_pil(given) or isinstance(given, (str, bytes, os.PathLike, ImageData))
    return [given] if one or not isinstance(given, Iterable) else given


def _image(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(DATA_URL):
        try:
            return ImageData.from_data_url(value)
        except ValueError as error:
            raise SettingsError(f"a picture of the axis is damaged ({error}).") from error
    return value


def _files(text: str, *, is_video: bool, folder: Path | None) -> list[str]:
    if not text.strip():
        raise SettingsError("the path of a frame is an empty text.")
    if text.startswith(("http://", "https://")):
        raise SettingsError(f"{text} is a web address. Download it, and give the file's path.")
    place = os.path.expanduser(text)  # noqa: PTH111 (Path's own raises for ~nobody)
    if folder is not None:
        place = str(folder / place)
    path = Path(place)
    if path.is_dir():
        found = [str(p) for p in path.iterdir() if p.is_file()]
        hint = f"give a pattern, such as {path / ('*.mp4' if is_video else '*.png')}"
    elif path.exists() or not _WILD.search(place):
        found, hint = [place], "choose another one"
    else:
        found = [p for p in glob.glob(place, recursive=True) if Path(p).is_file()]  # noqa: PTH207
        hint = "make the pattern narrower"
    names = sorted((p for p in found if _is_meant(p)), key=natural)
    if not names:
        raise SettingsError(f"there is no file in {text}, looked for at {path.absolute()}.")
    kind = "video" if is_video else "picture"
    wrong = [(p, why) for p in names if (why := _fault(p, is_video=is_video))]
    if wrong:
        told = "; ".join(f"{p} ({why})" for p, why in wrong[:5])
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise SettingsError(f"no {kind}: {told}{more}. Take it out, or {hint}.")
    return names


def _is_meant(path: str) -> bool:
    name = Path(path).name
    return not name.startswith(".") and name.casefold() not in _NEVER_MEANT


def _fault(path: str, *, is_video: bool) -> str | None:
    if not Path(path).is_file():
        return "there is no such file"
    if is_video:
        return None if Path(path).suffix.casefold() in _VIDEOS else "by its name"
    try:
        image_size(path)
    except (OSError, ValueError, SyntaxError) as error:
        return "not an image" if "cannot identify" in str(error) else str(error)
    return None
