"""How a clip was made, written into the clip itself and into a JSON file beside it.

The facts are one JSON object: `framepack_widgets` (the format's number), `settings`, `job`,
`studio`, `verified`, `partial`, `rendered_at`, `inputs` and whatever else was given; of a clip made
from others also `origin`, `parents` (job ids), `operation` and `options`. `settings` is null where
nobody knows them. Frames are named by their place in the Library and their SHA-256; whoever has the
clip without them learns which are missing.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets import durable
from framepack_widgets.errors import LibraryError, SettingsError
from framepack_widgets.settings import Settings
from framepack_widgets.sidecar_settings import placeholder, read_sidecar

if TYPE_CHECKING:
    import av.container
    import av.stream

FORMAT = 1
MARK = "framepack_widgets"
TAG = "comment"  # the one free text that every mp4 muxer and most players know
_KEPT_NAME = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,10})?\Z")  # as library/inputs.py makes them
FILE_FIELDS = ("start_frame", "end_frame", "video")  # the settings that are files


def write_whole(source: str | os.PathLike[str], target: Path, facts: Mapping[str, Any]) -> None:
    """As `write`, but `target` is there as a whole or not at all."""
    with durable.whole(target) as temporary:
        write(source, temporary, facts)


def write(
    source: str | os.PathLike[str], target: str | os.PathLike[str], facts: Mapping[str, Any]
) -> None:
    """Copy the video `source` to `target` with the facts inside; nothing is encoded again.

    All pictures, sound and other tags stay as they are; the index goes to the front, so that a
    page can play the file while it loads. Raises LibraryError if source is no readable video, and
    OSError if target cannot be written.
    """
    import av

    try:
        with av.open(os.fspath(source)) as video:
            if not video.streams.video:
                raise LibraryError(f"{source} holds no picture; it is not a clip.")
            options = {"movflags": "faststart", "fflags": "+bitexact"}
            with av.open(os.fspath(target), "w", format="mp4", options=options) as copy:
                _copy_tags(video, copy, facts)
                _copy_streams(video, copy)
    except av.error.FFmpegError as error:
        if isinstance(error, OSError):  # no room, no permission: not the video's fault
            raise
        raise LibraryError(
            f"{source} is not a video that can be read ({error}). Download it again."
        ) from error


def read(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The facts of a clip: from inside it, else from the JSON beside it; None if it has none.

    path may be the JSON file itself. Raises LibraryError if there is no such file.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise LibraryError(f"There is no file {file}. Check the path.")
    if file.suffix.lower() == ".json":
        return _read_json(file)
    return parse(_tag_of(file)) or read_beside(file)


def beside(clip: Path) -> Path:
    """The JSON file that goes with a clip."""
    return clip.with_suffix(".json")


def read_beside(clip: Path) -> dict[str, Any] | None:
    """The facts in the JSON file that goes with a clip, None if there is none."""
    return _read_json(beside(clip))


def parse(text: str | None) -> dict[str, Any] | None:
    """The facts in a text, None for any text that is not ours."""
    if not text or MARK not in text:
        return None
    try:
        facts = json.loads(text)
    except ValueError:
        return None
    ours = isinstance(facts, dict) and isinstance(facts.get(MARK), int)
    return facts if ours else None


def read_settings(path: str | os.PathLike[str]) -> Settings:
    """The settings of a clip, of its JSON, or of a Studio's own JSON or PNG.

    `Settings.from_file` is this. Of a frame that is not beside the file any more there is only the
    name that a Library keeps it under, and a warning. Raises SettingsError where the file holds no
    settings.
    """
    file = Path(path).expanduser()
    try:
        facts = read(file)
    except LibraryError as error:
        raise SettingsError(str(error)) from error
    found = None if facts else read_sidecar(file)
    if found is not None:
        _tell_missing(path, found[1])
        return found[0]
    if facts is None:
        raise SettingsError(
            f"{path} holds no settings: it has neither a '{TAG}' tag of framepack-widgets nor a "
            "JSON file beside it, and is no JSON or PNG that a Studio wrote. A clip fetched with "
            "framepack-widgets carries its settings."
        )
    settings, missing = settings_of(facts, path)
    if settings is None:
        raise SettingsError(
            f"{path} is by framepack-widgets, but its settings cannot be read. It may be of a "
            "newer version; try pip install -U framepack-widgets."
        )
    _tell_missing(path, missing)
    return settings


def _tell_missing(path: str | os.PathLike[str], missing: tuple[str, ...]) -> None:
    if missing:
        warnings.warn(f"{path}: {'; '.join(missing)}", stacklevel=3)


def settings_of(
    facts: Mapping[str, Any], path: str | os.PathLike[str]
) -> tuple[Settings | None, tuple[str, ...]]:
    """The settings in the facts of the clip at `path`, and a text for each frame not found there.

    Frames are looked for in the inputs folder beside the clip's folder (a Library) or beside the
    clip (an export).
    """
    stored = facts.get("settings")
    if not isinstance(stored, Mapping):
        return None, ()
    values = dict(stored)
    missing = []
    inputs = facts.get("inputs")
    for field, about in inputs.items() if isinstance(inputs, Mapping) else ():
        if field not in FILE_FIELDS or not isinstance(about, Mapping):
            continue
        found = _find_input(Path(path), about)
        if found is not None:
            values[field] = str(found)
        else:
            # Kept by name, so that a render without it is refused, and a Library may have it.
            values[field] = _placeholder(field, about)
            sha256 = str(about.get("sha256") or "unknown")[:12]
            missing.append(f"its {field} is not here (SHA-256 {sha256}); pass one to render again")
    try:
        return Settings.from_dict(values), tuple(missing)
    except (TypeError, ValueError):
        return None, tuple(missing)


def _placeholder(field: str, about: Mapping[str, Any]) -> str:
    """A path at which no file is, but by which a Library may know one."""
    for name in (about.get("name"), about.get("sha256")):
        if isinstance(name, str) and _KEPT_NAME.match(name):
            return name
    return placeholder(field)


def _find_input(clip: Path, about: Mapping[str, Any]) -> Path | None:
    name = about.get("name")
    # Facts may come from anybody's file: any other name could point anywhere.
    if not isinstance(name, str) or not _KEPT_NAME.match(name):
        return None
    folder = Path(os.path.abspath(clip.expanduser())).parent  # noqa: PTH100 links not resolved
    for place in (folder.parent / "inputs" / name, folder / "inputs" / name):
        if place.is_file():
            return place
    return None


def _tag_of(file: Path) -> str | None:
    import av

    try:
        with av.open(os.fspath(file)) as video:
            tag: str | None = video.metadata.get(TAG)
            return tag
    except (av.error.FFmpegError, OSError):
        return None  # the JSON beside it may still know


def _read_json(file: Path) -> dict[str, Any] | None:
    try:
        return parse(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def _copy_tags(
    video: av.container.InputContainer,
    copy: av.container.OutputContainer,
    facts: Mapping[str, Any],
) -> None:
    tags = dict(video.metadata)
    comment = tags.pop(TAG, None)
    if comment and parse(comment) is None:
        tags.setdefault("description", comment)
    for brand in ("major_brand", "minor_version", "compatible_brands"):
        tags.pop(brand, None)  # the muxer writes its own
    copy.metadata.update(tags)
    copy.metadata[TAG] = durable.json_text(facts)


def _copy_streams(video: av.container.InputContainer, copy: av.container.OutputContainer) -> None:
    # Before PyAV 14 the same was spelled add_stream(template=…).
    add: Any = getattr(copy, "add_stream_from_template", None) or (
        lambda template: copy.add_stream(template=template)  # type: ignore[call-overload]
    )
    streams: dict[int, av.stream.Stream] = {}
    for stream in video.streams:
        if stream.type in ("video", "audio", "subtitle"):
            streams[stream.index] = add(stream)
            streams[stream.index].time_base = stream.time_base
            streams[stream.index].metadata.update(stream.metadata)
    counts = dict.fromkeys(streams, 0)
    for packet in video.demux([video.streams[index] for index in streams]):
        if packet.dts is None:
            continue  # the empty packet at the end
        counts[packet.stream.index] += not packet.is_corrupt
        packet.stream = streams[packet.stream.index]
        copy.mux(packet)
    for index, count in counts.items():
        expected = video.streams[index].frames  # 0 where the file's head does not say
        if count < expected:
            raise LibraryError(
                f"{video.name} is cut off: {count} of {expected} packets are there. "
                "Download it again."
            )
