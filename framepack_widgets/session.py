"""`connect`, and the Studio that it gives: the front door of this package."""

from __future__ import annotations

import os
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from framepack_widgets import _loop, schema_watch
from framepack_widgets import stamp as stamps
from framepack_widgets.adoption.adopting import Adopting
from framepack_widgets.continuing import ContinuedJob, continuation
from framepack_widgets.errors import FramePackError
from framepack_widgets.forecast import Forecast, forecast
from framepack_widgets.job import JobRecord, JobState
from framepack_widgets.library import Library
from framepack_widgets.live_job import Job
from framepack_widgets.problem import Report
from framepack_widgets.prompt_writer import Writing
from framepack_widgets.registry import Desk, demo_url, desk_for, library_at
from framepack_widgets.runs.on_studio import Running
from framepack_widgets.settings import Settings
from framepack_widgets.studio.address import from_environment
from framepack_widgets.studio.connect import Credentials, find, open_client
from framepack_widgets.studio_loras import WithLoras
from framepack_widgets.studio_presets import StudioPresets
from framepack_widgets.sweeps.identity import content_id
from framepack_widgets.toolbox import Toolbox
from framepack_widgets.validation import validate

if TYPE_CHECKING:
    import ssl

    from framepack_widgets.clip import Clip
    from framepack_widgets.schema import Schema
    from framepack_widgets.studio.client import StudioClient
    from framepack_widgets.studio.protocol import QueueRow

MAX_SEED = 2**53 - 1  # the largest whole number that survives JSON in a browser


def connect(
    url: str | None = None,
    *,
    library: Library | str | os.PathLike[str] | None = None,
    token: str | None = None,
    auth: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
) -> Studio:
    """Connect to a FramePack Studio.

    url: "http://127.0.0.1:7860", with a path prefix if a proxy adds one; "demo" starts the built-in
    Studio; None looks at FRAMEPACK_STUDIO_URL, then at ports 7860 to 7869 of this machine.
    HTTP Basic of a proxy goes into the URL (https://user:password@host) or into headers.
    library: folder of the jobs and clips; None: `framepack-library` in the Jupyter server's root,
    elsewhere the user's data folder.
    token: sent as a bearer token. auth: (user, password) of the Studio's own login. Where nothing
    is given and the server wants something, what `save_token` or `save_login` keeps is tried.
    verify: False accepts any TLS certificate; a path names the certificates to trust.

    Jobs of an earlier kernel go on. Raises StudioUnreachable, NotAStudio, StudioRefused,
    LibraryError; each says what to do.
    """
    credentials = Credentials(token, auth, dict(headers or {}), verify)
    shelf = library_at(library)
    name = None
    if "demo" in (url, from_environment() if url is None else None):
        url, name = demo_url(), "demo"
    opening = find(credentials) if url is None else open_client(url, credentials)
    client, running = _loop.run(_arrive(opening))
    return Studio(client, desk_for(shelf, client, name), running)


async def _arrive(opening: Awaitable[StudioClient]) -> tuple[StudioClient, str | None]:
    """The client, and the id of the job that runs there now: "" for none, None: not told."""
    client = await opening
    try:
        current = await client.current()
    except FramePackError:  # no reason not to connect; what needs an answer will say what is wrong
        return client, None
    return client, current.server_id if current is not None else ""


class Studio(Adopting, Running, WithLoras, Writing):
    """A Studio and the Library beside it. Made by `connect`."""

    def __init__(self, client: StudioClient, desk: Desk, running: str | None = None) -> None:
        self._client = client
        self._desk = desk
        self._running = running  # the server's job when we came, see `_arrive`
        self._gradio: Any = None

    # ------------------------------------------------------------------ what it is

    @property
    def url(self) -> str:
        """Its address, without a user or password."""
        return self._client.url

    @property
    def key(self) -> str:
        """Under which its jobs and runs are kept in the Library, whatever its address is today."""
        return self._desk.key

    @property
    def version(self) -> str | None:
        """The Studio's own version, such as "0.5.1"; None where it does not show one."""
        return self._client.version

    @property
    def schema(self) -> Schema:
        """What this server's render endpoint takes; shows itself as a table."""
        return self._client.schema

    @property
    def models(self) -> tuple[str, ...]:
        """The models it offers, as `Settings.model` takes them."""
        return self.schema.models

    @property
    def library(self) -> Library:
        """Where its jobs and clips are kept."""
        return self._desk.library

    @property
    def trouble(self) -> str | None:
        """What keeps jobs from going on at the moment; None: nothing."""
        return self._desk.trouble

    @property
    def gradio(self) -> Any:
        """gradio_client's own Client for this server, for endpoints that are not wrapped here.

        Downloads nothing by itself and reports nothing to anybody. Made on first use.
        """
        if self._gradio is None:
            self._gradio = self._client.open_gradio()
        return self._gradio

    @cached_property
    def toolbox(self) -> Toolbox:
        """The Studio's post-processing: upscale, interpolate, filters, loop, join, export."""
        return Toolbox(self._client, self.library, self._desk.key)

    def refresh(self, *, if_restarted: bool = False) -> list[str]:
        """Read the server's description anew; what changed in what it accepts, in sentences.

        if_restarted: only if it was started anew since, which is one small request.
        """
        before = self.schema
        _loop.run(self._client.check_app() if if_restarted else self._client.refresh())
        return before.diff(self.schema)

    def watch_schema(self, callback: Callable[[list[str]], object]) -> Callable[[], None]:
        """Call `callback(what changed)` in a thread, whoever notices; returns what ends that."""
        return schema_watch.watch(self._client, callback)

    @property
    def presets(self) -> StudioPresets:
        """The presets that are kept on the server, for its own page and everybody's."""
        return StudioPresets(self._client)

    def queue(self) -> list[QueueRow]:
        """The server's whole queue, strangers' jobs included. Costs the server some work."""
        return _loop.run(self._client.queue())

    # ------------------------------------------------------------------ rendering

    def check(self, settings: Settings | None = None, /, **values: Any) -> Report:
        """All problems and warnings of these settings on this Studio; nothing is sent."""
        return validate(self._wanted(settings, values), self.schema)

    def plan(self, settings: Settings | None = None, /, **values: Any) -> Forecast:
        """Exact frames, seconds and size of the clip, and how long its render may take.

        Raises SettingsError where the settings have problems.
        """
        wanted = self._wanted(settings, values)
        validate(wanted, self.schema).raise_if_any()
        return forecast(self.schema.resolve(wanted), self.library.renders(self._desk.key))

    def submit(self, settings: Settings | None = None, /, **values: Any) -> Job:
        """Ask for a render. Returns at once; jobs are sent one after the other.

        settings: a Settings; keywords replace its values. What is not given takes the server's
        default, a seed is drawn. Frames are copied into the Library.
        Raises SettingsError with all problems at once; nothing is sent then.
        """
        return self._submit(self._wanted(settings, values), {})

    def continue_clip(
        self, clip: Clip | Job | str, frame: int = -1, *, join: bool = True,
        settings: Settings | None = None, **values: Any,
    ) -> ContinuedJob:  # fmt: skip
        """Render on from a frame of a clip (-1: the last), with its settings and a new seed.

        clip: a Clip, its job or id. Keywords replace its settings. join: when it is done, a file of
        both, the frame between them once, becomes a clip of the Library: `job.joined()`. A Video
        model goes on from the whole clip. settings: instead of the clip's, all of them. Raises
        SettingsError, LibraryError.
        """
        asked = continuation(
            self.library, self.schema, clip, frame, join=join, values=values, settings=settings
        )
        return cast("ContinuedJob", self._submit(self.library.recall(asked.settings), asked.about))

    def _submit(self, wanted: Settings, about: Mapping[str, Any]) -> Job:
        report = validate(wanted, self.schema)
        report.raise_if_any()
        resolved = self.schema.resolve(self.library.localise(wanted))
        if resolved.seed is None:
            resolved = resolved.replace(seed=secrets.randbelow(MAX_SEED + 1))
        record = JobRecord(
            id=secrets.token_hex(6),
            studio=self._desk.key,
            settings=resolved,
            created_at=self._desk.clock(),
            notes=tuple(str(warning) for warning in report.warnings),
            content=content_id(resolved),
            **stamps.drawn(self.schema, resolved),
            **about,
        )
        job = self._desk.handle(record)  # before the runner can have news of it
        self.library.add(record)
        self._desk.wake()
        return job

    def _wanted(self, settings: Settings | None, values: Mapping[str, Any]) -> Settings:
        if settings is None:
            settings = Settings(**values)
        elif values:
            settings = settings.replace(**values)
        return self.library.recall(settings)

    def jobs(self, **search: Any) -> list[Job]:
        """Jobs on this Studio, newest first, earlier kernels' too; search as in `Library.jobs`."""
        return [self._desk.handle(r) for r in self.library.jobs(studio=self._desk.key, **search)]

    def job(self, job_id: str) -> Job:
        """A job by its id, or the beginning of it. Raises LibraryError for none or several."""
        return self._desk.handle(self.library.get(job_id))

    def run_until_idle(self, timeout: float | None = None) -> Sequence[Job]:
        """Wait until no job of this Library on this Studio is left to do; the jobs that ended.

        Ctrl-C ends the wait, not the jobs. Raises TimeoutError.
        """
        return self._desk.wait_until_idle(timeout)

    def close(self) -> None:
        """Stop following and running jobs from this process. They stay in the Library."""
        self._desk.close()

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "\n".join(
            [
                f"<Studio {self.version or '(version not shown)'} at {self.url}",
                f"  models:  {', '.join(self.models)}",
                f"  LoRAs:   {_shortened(self.loras) or 'none'}",
                f"  queue:   {self._queue_text()}",
                f"  library: {self.library.path}>",
            ]
        )

    def _queue_text(self) -> str:
        """Who was running when we came, and our own jobs now; asks the server nothing."""
        ours = self.library.unfinished(self._desk.key)
        if self._running is None:
            text = "not told"
        elif not self._running:
            text = "nothing was running when connected"
        elif any(record.trace.server_id == self._running for record in ours):
            text = "a job of this library was running when connected"
        else:
            text = "somebody else's job was running when connected"
        counts = {state: sum(record.state is state for record in ours) for state in JobState}
        listed = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        return f"{text}; of this library: {listed}" if listed else text


def _shortened(names: Sequence[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
