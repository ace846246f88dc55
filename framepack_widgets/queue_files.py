"""A Studio's queue in a file: `queue.json`, or the .zip that its page exports, frames included.

Of a zip only names that a Studio writes are looked at, and nothing is unpacked by its name; sizes
are counted while reading, whatever the zip's own list of contents says.
"""

from __future__ import annotations

import functools
import io
import json
import re
import secrets
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.found_settings import Found
from framepack_widgets.images import ImageData
from framepack_widgets.models import facts_of
from framepack_widgets.schema_text import shortened
from framepack_widgets.sidecar_settings import is_sidecar
from framepack_widgets.studio_facts import found_in_facts

_MB = 1 << 20
_LARGEST_LIST = 64 * _MB
_LARGEST_FRAME = 64 * _MB
_ALL_FRAMES = 512 * _MB
_LARGEST_VIDEO = 4096 * _MB
_MOST_JOBS = 2000
_MOST_ENTRIES = 20_000
_FAULTS = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError),
    *(RuntimeError, OSError, ValueError, RecursionError),  # RuntimeError: it wants a password
)
_VIDEO_SUFFIX = re.compile(r"\.(mp4|mov|avi|mkv|webm|gif)\Z", re.IGNORECASE)
# With metadata off a Studio writes its own parameters instead, under other names.
_PARAMETERS = {
    "prompt_text": "prompt",
    "n_prompt": "negative_prompt",
    "lora_values": "",
    "selected_loras": "",
}

Fetch = Callable[[str, str], Any]
"""(folder, file name) -> what stands for that file, or None where it is not there."""


def looks_like_queue(data: Mapping[str, Any]) -> bool:
    """Whether this is what a Studio's queue.json holds: {job id: what is known of the job}."""
    jobs = data.values()
    return bool(data) and all(isinstance(job, dict) and "status" in job for job in jobs)


def queue_of_json(data: Mapping[str, Any], file: Path, called: str) -> tuple[Found, ...]:
    """The jobs in a queue.json; frames are taken from `queue_images` beside it."""

    def beside(folder: str, name: str) -> str | None:
        path = file.parent / folder / name
        return str(path) if path.is_file() else None

    return _jobs(data, beside, called)


def queue_of_zip(file: Path, called: str) -> tuple[Found, ...]:
    """The jobs in an exported queue, with their frames. Raises SettingsError."""
    try:
        with zipfile.ZipFile(file) as archive:
            if len(archive.infolist()) > _MOST_ENTRIES:
                raise SettingsError(f"{called} holds more than {_MOST_ENTRIES} files: no queue.")
            data = _list_of(archive, called)
            return _jobs(data, _Frames(archive, called).get, called)
    except _FAULTS as error:
        raise SettingsError(
            f"{called} cannot be read as an exported queue ({str(error)[:200]}). "
            "Export it again on the Studio's page."
        ) from error


def _list_of(archive: zipfile.ZipFile, called: str) -> Mapping[str, Any]:
    try:
        info = archive.getinfo("queue.json")
    except KeyError:
        raise SettingsError(
            f"{called} is a .zip without a queue.json, so it is no queue that a Studio exported. "
            "Unpack it, and open the file that is meant."
        ) from None
    data = json.loads(_read(archive, info, _LARGEST_LIST, called))
    if not isinstance(data, dict) or not (data and looks_like_queue(data)):
        raise SettingsError(f"The queue.json in {called} holds no jobs. Export a queue with jobs.")
    return data


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int, called: str) -> bytes:
    with archive.open(info) as opened:
        data = opened.read(most + 1)
    if len(data) > most:
        raise SettingsError(
            f"{info.filename[:80]} in {called} is larger than {most // _MB} MB: that is no part of "
            "a queue. Nothing was taken from it."
        )
    return data


class _Frames:
    """Files out of a zip: pictures into memory, each once; videos into a temporary folder."""

    def __init__(self, archive: zipfile.ZipFile, called: str) -> None:
        self._archive, self._called = archive, called
        self._left = _ALL_FRAMES
        self._known: dict[str, Any] = {}
        self._same: dict[bytes, ImageData] = {}  # many jobs of one picture save it many times

    def get(self, folder: str, name: str) -> Any:
        key = f"{folder}/{name}"
        if key not in self._known:
            try:
                info = self._archive.getinfo(key)
            except KeyError:
                return None
            is_video = folder == "input_files"
            self._known[key] = self._video(info) if is_video else self._picture(info)
        return self._known[key]

    def _picture(self, info: zipfile.ZipInfo) -> ImageData | None:
        data = _read(self._archive, info, min(_LARGEST_FRAME, self._left), self._called)
        if data not in self._same:
            self._left -= len(data)
            if not _is_picture(data):
                return None
            self._same[data] = ImageData(data)
        return self._same[data]

    def _video(self, info: zipfile.ZipInfo) -> str | None:
        suffix = _VIDEO_SUFFIX.search(info.filename)
        if suffix is None:
            return None
        target = Path(_folder().name) / f"{secrets.token_hex(8)}{suffix[0].lower()}"
        with self._archive.open(info) as source, target.open("wb") as copy:
            shutil.copyfileobj(_Counted(source, info, self._called), copy, _MB)
        return str(target)


class _Counted:
    """Reads on until it is too much."""

    def __init__(self, source: Any, info: zipfile.ZipInfo, called: str) -> None:
        self._source, self._name, self._called = source, info.filename[:80], called
        # A video does not shrink in a zip: what grows a hundredfold is no video.
        self._left = min(_LARGEST_VIDEO, 100 * info.compress_size + _MB)

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._source.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise SettingsError(f"{self._name} in {self._called} is too large for a video.")
        return data


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Removed when this process ends."""
    return tempfile.TemporaryDirectory(prefix="framepack-queue-", ignore_cleanup_errors=True)


def _is_picture(data: bytes) -> bool:
    import PIL.Image

    try:
        with PIL.Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            image.verify()
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError):
        return False
    return True


def _jobs(data: Mapping[str, Any], fetch: Fetch, called: str) -> tuple[Found, ...]:
    if len(data) > _MOST_JOBS:
        raise SettingsError(
            f"{called} holds {len(data)} jobs; more than {_MOST_JOBS} are not read."
        )
    found = [
        _job(number, job_id, facts, fetch) for number, (job_id, facts) in enumerate(data.items(), 1)
    ]
    jobs = tuple(job for job in found if job is not None)
    if not jobs:
        raise SettingsError(
            f"{called} tells of {len(data)} jobs, but of no settings. The Studio writes them only "
            'while "Save Metadata" is on in its settings.'
        )
    return jobs


def _job(number: int, job_id: str, entry: Mapping[str, Any], fetch: Fetch) -> Found | None:
    facts = _facts(entry)
    if not is_sidecar(facts):
        return None
    start = fetch("queue_images", f"{_safe(job_id)}_input.png")
    end = fetch("queue_images", f"{_safe(job_id)}_end_frame.png")
    video = None
    for key in ("input_video", "video_path", "input_image_path"):
        name = facts.get(key)
        if video is None and isinstance(name, str) and _VIDEO_SUFFIX.search(name):
            video = fetch("input_files", _last(name))
    takes_video = facts_of(facts.get("model_type")).takes_video
    facts |= {"has_input_image": takes_video or start is not None or facts.get("has_input_image")}
    facts |= {"end_frame_used": end is not None or facts.get("end_frame_used")}
    words = [
        f"{number}: {facts.get('status')}", facts.get("model_type"),
        facts.get("prompt"), f"seed {facts.get('seed')}",
    ]  # fmt: skip
    title = " · ".join(shortened(word, 50) for word in words)
    return found_in_facts(facts, title=title, start_frame=start, end_frame=end, video=video)


def _facts(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a job, under the names of a sidecar."""
    parameters = entry.get("params")
    if is_sidecar(entry) or not isinstance(parameters, Mapping):
        return dict(entry)
    renamed = {_PARAMETERS.get(str(key), str(key)): value for key, value in parameters.items()}
    loras = entry.get("loras")
    return {**renamed, **entry, "loras": loras if isinstance(loras, Mapping) else {}}


def _safe(job_id: str) -> str:
    """A job's id as a part of a file's name."""
    return re.sub(r"[^\w-]", "_", job_id)[:80]


def _last(path: str) -> str:
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    return name if name not in ("", ".", "..") else "_"
