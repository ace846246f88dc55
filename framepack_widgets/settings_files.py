"""Settings from files: our clips and JSON, what a Studio wrote, its exported queue.

Files are other people's. What a file is, its first bytes say and not its name; whatever it holds is
data; a path in it is never followed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framepack_widgets import provenance
from framepack_widgets.errors import LibraryError, SettingsError
from framepack_widgets.found_settings import Found, FoundSettings, without_paths
from framepack_widgets.queue_files import looks_like_queue, queue_of_json, queue_of_zip
from framepack_widgets.settings import KNOWN, Settings
from framepack_widgets.sidecar_settings import is_sidecar
from framepack_widgets.studio_facts import found_in_facts, png_facts, version_of

_LARGEST_JSON = 64 << 20
_PNG, _ZIP = b"\x89PNG\r\n\x1a\n", (b"PK\x03\x04", b"PK\x05\x06")
# A Studio's clip is named after its sidecars, with its number of latent frames behind.
_STUDIOS_NAME = re.compile(r"(\d{6}_\d{6}_\d{3}_\d{1,5})_\d+")


def open_settings(path: str | os.PathLike[str], *, name: str | None = None) -> FoundSettings:
    """The settings in a file: a clip or JSON of ours, a Studio's JSON or PNG, an exported queue.

    name: what to call the file in messages, where it is not the name of the path.
    Nothing is written but videos out of an exported queue, into a folder that this process removes
    when it ends; submitting copies them into the Library. Raises SettingsError, naming the file
    and the next step, where it holds no settings or cannot be read.
    """
    file = Path(path).expanduser()
    called = name or file.name
    head = _head(file, called)
    if head.startswith(_PNG):
        return _of_png(file, called)
    if head.startswith(_ZIP):
        return FoundSettings(f"{called}, an exported queue", queue_of_zip(file, called))
    if head[4:8] == b"ftyp":
        return _of_clip(file, called)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return _of_json(file, called)
    raise _nothing(called)


def _head(file: Path, called: str) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(64)
    except FileNotFoundError:
        raise SettingsError(f"There is no file {called}. Check the path.") from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{called} cannot be read ({error}).") from error


def _nothing(called: str, hint: str = "") -> SettingsError:
    return SettingsError(
        f"{called} holds no settings. "
        + (hint or "Clips and JSON of framepack-widgets do, and a Studio's .json, .png, queue.json")
        + ("" if hint else " and exported queue (.zip).")
    )


def _of_png(file: Path, called: str) -> FoundSettings:
    facts = png_facts(file)
    if facts is None:
        raise SettingsError(f"{called} cannot be read as a PNG. Copy or export it again.")
    if not is_sidecar(facts):
        raise _nothing(
            called,
            "It is a picture; a Studio's own PNG has them inside. As a frame, choose it there.",
        )
    return FoundSettings(
        f"{called}, a start frame written by Studio{version_of(facts)}",
        (found_in_facts(facts, start_frame=str(file)),),
    )


def _of_clip(file: Path, called: str) -> FoundSettings:
    try:
        facts = provenance.read(file)
    except LibraryError as error:
        raise SettingsError(str(error)) from error
    if facts is not None:
        return _of_ours(facts, file, f"{called}, a clip by framepack-widgets", called)
    match = _STUDIOS_NAME.match(file.name)
    for beside in (match[1] + suffix for suffix in (".json", ".png") if match):
        if file.with_name(beside).is_file():
            return open_settings(file.with_name(beside))
    hint = "It is a video without them; a Studio writes them into the .json and .png beside it."
    raise _nothing(called, hint)


def _of_json(file: Path, called: str) -> FoundSettings:
    data = _parsed(file, called)
    if not isinstance(data, dict):
        raise _nothing(called)
    if isinstance(data.get(provenance.MARK), int):
        return _of_ours(data, file, f"{called}, written by framepack-widgets", called)
    if is_sidecar(data):
        start = _png_beside(file, data)
        source = f"{called}, written by Studio{version_of(data)}"
        return FoundSettings(source, (found_in_facts(data, start_frame=start),))
    if looks_like_queue(data):
        return FoundSettings(f"{called}, a Studio's queue", queue_of_json(data, file, called))
    if isinstance(data.get("settings"), dict) and isinstance(data.get("name"), str):
        return FoundSettings(f"{called}, a preset", (_plain(data["settings"], called),))
    if data and data.keys() <= set(KNOWN):
        return FoundSettings(f"{called}, settings as JSON", (_plain(data, called),))
    raise _nothing(called)


def _parsed(file: Path, called: str) -> Any:
    try:
        if file.stat().st_size > _LARGEST_JSON:
            limit = _LARGEST_JSON >> 20
            raise SettingsError(f"{called} is larger than {limit} MB: too large for settings.")
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(
            f"{called} cannot be read as JSON ({str(error)[:200]}). Copy or export it again."
        ) from error


def _of_ours(facts: Mapping[str, Any], file: Path, source: str, called: str) -> FoundSettings:
    if facts.get("settings", "") is None:
        raise SettingsError(f"{called}: nobody knows the settings that it was made with.")
    settings, _ = provenance.settings_of(facts, file)
    if settings is None:
        raise SettingsError(
            f"{called} is by framepack-widgets, but its settings cannot be read. It may be of a "
            "newer version; try pip install -U framepack-widgets."
        )
    inputs = facts.get("inputs")
    kept = tuple(inputs) if isinstance(inputs, Mapping) else ()
    settings, missing = without_paths(settings, trusted=kept)
    for name in kept:
        value = getattr(settings, name, None)
        if isinstance(value, str) and not Path(value).is_file():
            missing[name] = f"{name}: it is not beside the file; choose it here to render again."
    return FoundSettings(source, (Found(settings, missing=missing),))


def _plain(values: Mapping[str, Any], called: str) -> Found:
    try:
        settings, missing = without_paths(Settings.from_dict(values))
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{called} holds no settings that can be read ({error}).") from error
    return Found(settings, missing=missing)


def _png_beside(file: Path, facts: Mapping[str, Any]) -> str | None:
    """The start frame that a Studio writes beside its JSON, if it tells of the same render."""
    png = file.with_suffix(".png")
    told = png_facts(png) if png.is_file() else None
    same = told is not None and all(told.get(k) == facts.get(k) for k in ("seed", "prompt"))
    return str(png) if same else None
