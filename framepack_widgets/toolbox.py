"""A Studio's post-processing on clips of the Library: each result is a new clip with its parent."""

from __future__ import annotations

import asyncio
import filecmp
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets import _loop
from framepack_widgets.continuing import parent_of
from framepack_widgets.errors import SettingsError, StudioRefused
from framepack_widgets.frozen import freeze
from framepack_widgets.job import PROCESSED, JobRecord
from framepack_widgets.problem import Problem
from framepack_widgets.studio import wire
from framepack_widgets.studio.long_call import progress_of
from framepack_widgets.studio.protocol import CallRefused
from framepack_widgets.studio.toolbox import (
    JOIN,
    MODEL_INFO,
    NAMES,
    PIPELINE,
    Operation,
    complaint,
    complaints,
    ignored_speed,
    kept_file,
    operations,
    pipeline_arguments,
    steps_of,
    with_model_info,
)
from framepack_widgets.toolbox_task import TaskProgress, ToolboxTask
from framepack_widgets.value_checks import check_value

if TYPE_CHECKING:
    from framepack_widgets.clip import Clip
    from framepack_widgets.library import Library
    from framepack_widgets.live_job import Job
    from framepack_widgets.studio.client import StudioClient

_NO_MODEL = ("could not load", "could not be loaded", "download", "not found")


class Toolbox:
    """The post-processing of one Studio. `studio.toolbox` gives it.

        task = studio.toolbox.interpolate(clip, factor=2)
        clip = await task                    # or task.result() in a script or a cell
        studio.toolbox                       # what this Studio can do, with the server's own ranges

    clip: a Clip, its job or id. Every call returns at once with a `ToolboxTask`; one runs after the
    other. Raises SettingsError for values that do not fit, StudioRefused where this Studio cannot
    do it at all.
    """

    def __init__(self, client: StudioClient, library: Library, studio: str) -> None:
        self._client = client
        self._library = library
        self._studio = studio
        self._turn: asyncio.Lock | None = None

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What this Studio can do, by name, with fields and ranges; empty where it has none."""
        return operations(self._client.endpoints())

    def upscale(self, clip: Clip | Job | str, **values: Any) -> ToolboxTask:
        """Make it larger: factor, model, tile_size, enhance_faces, ... as `operations` lists."""
        return self.run("upscale", clip, **values)

    def interpolate(self, clip: Clip | Job | str, factor: int = 2, **values: Any) -> ToolboxTask:
        """Make motion smoother with `factor` times the pictures a second: 2 or 4."""
        found = self._operation("frames")
        offered = found.schema["interpolation"].values if "interpolation" in found.schema else ()
        mode = next((str(v) for v in offered if str(v).startswith(f"{factor}x")), None)
        if mode is None:
            raise SettingsError(
                f"This Studio cannot multiply frames by {factor}; it offers {', '.join(offered)}."
            )
        return self.run("frames", clip, interpolation=mode, **values)

    def filters(self, clip: Clip | Job | str, **values: Any) -> ToolboxTask:
        """Change its looks: brightness, contrast, saturation, sharpen, film_grain, ..."""
        return self.run("filters", clip, **values)

    def loop(self, clip: Clip | Job | str, **values: Any) -> ToolboxTask:
        """Repeat it: kind "loop" or "ping-pong", repeats."""
        return self.run("loop", clip, **values)

    def export(self, clip: Clip | Job | str, **values: Any) -> ToolboxTask:
        """Compress it: format, quality 0..100, max_width in px.

        The new clip is what the Studio shows; a GIF or WebM file itself stays on the server, at the
        path in the new job's notes.
        """
        return self.run("export", clip, **values)

    def join(self, *clips: Clip | Job | str) -> ToolboxTask:
        """Put clips behind one another, on the Studio. `library.join` does it here, and quicker."""
        if len(clips) < 2:
            raise SettingsError("Joining needs two clips or more: join(first, second).")
        return self._start(self._operation(JOIN), clips, {})

    def pipeline(self, clip: Clip | Job | str, **steps: Mapping[str, Any] | bool) -> ToolboxTask:
        """Do several operations in one go, as in `pipeline(clip, upscale={"factor": 2}, loop={})`.

        The Studio's own order counts: upscale, frames, filters, loop, export.
        """
        pipeline = self._operation(PIPELINE)
        offered = steps_of(pipeline)
        chosen = {
            name: dict(values) if isinstance(values, Mapping) else {}
            for name, values in steps.items()
            if values is not False
        }
        if not chosen or not set(chosen) <= set(offered):
            wrong = ", ".join(name for name in chosen if name not in offered) or "nothing"
            raise SettingsError(
                f"{wrong} was asked of the pipeline; this Studio's offers {', '.join(offered)}."
            )
        for name, values in chosen.items():
            step = self._operation(name)
            if name != "upscale":  # whose range goes by the model
                self._check(step, values)
        ordered = {name: chosen[name] for name in offered if name in chosen}
        return self._start(pipeline, (clip,), ordered)

    def run(self, name: str, clip: Clip | Job | str, **values: Any) -> ToolboxTask:
        """Run one operation by its name; `operations` lists names and fields."""
        if name == PIPELINE:
            return self.pipeline(clip, **values)
        if name == JOIN:
            return self.join(clip, *values.get("clips", ()))
        return self._start(self._operation(name), (clip,), freeze(values))

    def _operation(self, name: str) -> Operation:
        found = self.operations
        if name in found:
            return found[name]
        if name not in NAMES:
            raise SettingsError(f"There is no operation {name!r}; there are {', '.join(NAMES)}.")
        version = self._client.version or "version not shown"
        has = f"it has {', '.join(found)}" if found else "it has no post-processing at all"
        instead = " library.join(…) joins clips here." if name == JOIN else ""
        raise StudioRefused(
            f"This Studio ({version}) has no {name!r} in its post-processing; {has}. "
            f"Update the Studio to 0.4.1 or newer.{instead}"
        )

    def _check(self, operation: Operation, values: Mapping[str, Any]) -> None:
        problems: list[Problem] = []
        for name, value in values.items():
            problems += check_value(name, freeze(value), operation.schema)
        ignored = ignored_speed(operation, values)
        if ignored is not None:
            problems.append(ignored)
        if problems:
            told = "\n".join(f"  {problem}" for problem in problems)
            raise SettingsError(f"{operation.name} cannot be done like this:\n{told}", problems)

    def _start(
        self, operation: Operation, clips: Sequence[Any], values: Mapping[str, Any]
    ) -> ToolboxTask:
        if operation.name not in ("upscale", PIPELINE):  # whose ranges go by the model
            self._check(operation, values)
        found = [parent_of(self._library, clip) for clip in clips]
        records = tuple(record for record, _ in found)
        task = ToolboxTask(operation.name, tuple(record.id for record in records), values)
        files = [Path(clip.path) for _, clip in found]
        task.start(self._work(task, operation, records, files))
        return task

    async def _work(
        self,
        task: ToolboxTask,
        operation: Operation,
        records: tuple[JobRecord, ...],
        files: Sequence[Path],
    ) -> Clip:
        if self._turn is None:
            self._turn = asyncio.Lock()  # belongs to the loop that runs this
        async with self._turn:
            found = dict(self.operations)
            used = await self._values(found, operation.name, task.values)
            task.tell(TaskProgress("uploading"))
            sent = [await self._client.upload(file) for file in files]
            video = sent if operation.name == JOIN else self._client.as_video(sent[0])
            if operation.name == PIPELINE:
                data = pipeline_arguments(found, used, video)
            else:
                data = operation.arguments(used, video)
            task.tell(TaskProgress("processing", text="sent"))

            def told(message: Mapping[str, Any]) -> None:
                known = progress_of(message)
                if known is not None:
                    task.tell(TaskProgress("processing", *known))

            try:
                answer = await self._client.work(operation.endpoint, data, told)
            except CallRefused as error:
                raise StudioRefused(
                    f"The Studio's post-processing broke off ({operation.name}). {error} Its "
                    "console says more; a part of it (ffmpeg, ffprobe) may be missing there."
                ) from error
            made = await self._fetch(task, operation, answer, files[0])
            return await self._take_in(made, operation, records, used)

    async def _values(
        self, found: dict[str, Operation], name: str, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Every value that is sent, with the defaults; of a pipeline {operation: values}."""
        asked = given if name == PIPELINE else {name: given}
        if "upscale" in asked:
            found["upscale"] = await self._for_model(found["upscale"], asked["upscale"])
            self._check(found["upscale"], asked["upscale"])
        used = {step: found[step].values(values) for step, values in asked.items()}
        return dict(used) if name == PIPELINE else used[name]

    async def _fetch(
        self, task: ToolboxTask, operation: Operation, answer: list[Any], source: Path
    ) -> tuple[Path, list[str]]:
        """The result here, and what is to be told of it."""
        path = wire.file_path(operation.endpoint.pick(answer, "video"))
        messages = operation.endpoint.pick(answer, "textbox")
        if path is None:
            raise StudioRefused(_explained(complaint(messages)))
        task.tell(TaskProgress("fetching"))
        ending = Path(path.replace("\\", "/")).suffix
        target = self._library.incoming_folder / f"toolbox-{secrets.token_hex(6)}{ending}"
        await self._client.download(path, target)
        if await asyncio.to_thread(filecmp.cmp, target, source, False):
            # What a Studio does that lacks ffmpeg: it hands over what it was given.
            target.unlink(missing_ok=True)
            raise StudioRefused(
                _explained(complaint(messages) or "it gave the clip back as it was")
            )
        notes = [f"The Studio said: {text}" for text in complaints(messages)]
        kept = kept_file(messages) or (path if ending.lower() != ".mp4" else None)
        return target, [*notes, f"On the server it is {kept}."] if kept else notes

    async def _take_in(
        self,
        made: tuple[Path, list[str]],
        operation: Operation,
        records: tuple[JobRecord, ...],
        used: Mapping[str, Any],
    ) -> Clip:
        target, notes = made
        return await asyncio.to_thread(
            self._library.take_in,
            target,
            None,
            studio=self._studio,
            origin=PROCESSED,
            parents=[record.id for record in records],
            operation=operation.name,
            options=used,
            notes=notes,
            move=True,
        )

    def for_model(self, model: str | None) -> Operation:
        """The upscaling with that model's own range of factors. Asks the server."""
        return _loop.run(self._for_model(self._operation("upscale"), {"model": model}))

    async def _for_model(self, operation: Operation, values: Mapping[str, Any]) -> Operation:
        """The ranges of the chosen model; the page starts with those of its first one."""
        model = values.get("model")
        info = self._client.endpoint(MODEL_INFO)
        if model is None or info is None or "model" not in operation.schema:
            return operation
        chosen = operation.schema["model"].canonical(model)
        return with_model_info(operation, await self._client.call(MODEL_INFO, [chosen]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.operations)

    def __repr__(self) -> str:
        found = self.operations
        lines = [f"  {operation!r}" for operation in found.values()]
        return "\n".join(["<Toolbox", *lines]) + ">" if found else "<Toolbox: nothing here>"


def _explained(told: str) -> str:
    said = f"The Studio made no video of it: {told.rstrip('. ') or 'it gave no reason'}."
    if any(words in told.casefold() for words in _NO_MODEL):
        return (
            f"{said} It downloads a model at its first use: the server needs internet, room on its "
            "disk and some minutes. Choose another model, or look at its console."
        )
    return f"{said} Its console and the messages on its Post-processing page say more."
