"""The promises of `studio.protocol.StudioAdapter` as tests, for any Studio.

    class TestMine(AdapterContract):
        @pytest.fixture
        def server(self): yield MyServer(...)

Nothing here imports pytest. A test is a plain function that runs one coroutine; `Server` says how
to reach the Studio and how to let its time pass.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from framepack_widgets import stamp as stamps
from framepack_widgets.errors import StudioRefused, StudioUnreachable
from framepack_widgets.job import timestamp_of
from framepack_widgets.length import final_names, plan
from framepack_widgets.settings import Settings
from framepack_widgets.studio.protocol import (
    SessionUnknown,
    StudioAdapter,
)
from framepack_widgets.testing.contract_steps import ContractSteps
from framepack_widgets.testing.reach import Server, never, raises, run


class AdapterContract(ContractSteps):
    """Subclass it in a test module and give it a fixture `server`."""

    settings = Settings(
        model="Original", prompt="contract", seed=7, seconds=1.0, steps=2, cache="MagCache",
        width=256, height=256,
    )  # fmt: skip
    """A render of one section; replace `seconds` for more."""
    cancels_singly: bool | None = None
    """Whether this Studio can cancel one pending job; None: that is not known beforehand."""

    def test_it_says_what_it_is(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            assert studio.url.startswith("http")
            assert studio.version
            assert "prompt" in studio.schema
            assert studio.app_id
            assert await studio.check_app() == studio.app_id == await studio.check_app()

        run(server, check)

    def test_nothing_runs_and_nothing_is_known(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            assert await studio.current() is None
            ending = await studio.ending("0" * 32)
            assert ending is not None
            assert not ending.known
            assert await studio.sidecar("261231_235959_999_1") is None
            assert await studio.find_video(("261231_235959_999_1_10.mp4",)) is None

        run(server, check)

    def test_a_submission_is_named_and_queued(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            order: list[str] = []
            submission = await self._submit(studio, server, order=order)
            assert order == ["joined"]
            assert any(row.is_of(submission.server_id) for row in submission.queue)
            rows = [row for row in await studio.queue() if row.is_of(submission.server_id)]
            assert [row.type for row in rows] == ["Original"]
            await self._until_idle(studio, server)

        run(server, check)

    def test_an_unread_answer_is_read_later_and_once(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            session = server.new_session()

            async def die() -> None:
                raise _DiedError

            arguments = await studio.prepare(self._resolved(studio), {})
            with contextlib.suppress(_DiedError):
                await studio.submit(arguments, session, die)
            submission = await studio.read_answer(session)
            assert submission.server_id
            await raises(SessionUnknown, studio.read_answer(session))
            await self._until_idle(studio, server)
            ending = await studio.ending(submission.server_id)
            assert ending is not None
            assert ending.outcome == "Completed"

        run(server, check)

    def test_a_session_that_never_was_is_unknown(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            await raises(SessionUnknown, studio.read_answer(server.new_session()))

        run(server, check)

    def test_a_render_is_told_to_its_end(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            resolved = self._resolved(studio, seconds=2.4, steps=8)
            submission = await self._submit(studio, server, resolved)
            seen = await self._watch(studio, server, submission.server_id)
            fractions = [current.progress.fraction for current in seen]
            assert fractions == sorted(fractions)
            assert all(0 <= fraction <= 1 for fraction in fractions)
            assert {current.server_id for current in seen} == {submission.server_id}
            ending = await studio.ending(submission.server_id)
            assert ending is not None
            assert ending.outcome == "Completed"
            timestamp = timestamp_of(ending.video)
            assert timestamp
            named = {timestamp_of(current.progress.video) for current in seen}
            assert named <= {timestamp, None}
            assert ending.video is not None
            name = ending.video.replace("\\", "/").rsplit("/", 1)[-1]
            assert name in final_names(timestamp, plan(resolved, start_size=None))

        run(server, check)

    def test_what_a_render_leaves_can_be_found(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            resolved = self._resolved(studio, seed=2**53 - 2)
            field = stamps.inert_field(studio.schema, resolved)
            assert field is not None
            stamp = 987_654_321_012
            overrides = {field.name: stamps.apply(field.default, stamp, field)}
            submission = await self._submit(studio, server, resolved, overrides)
            await self._until_idle(studio, server)
            ending = await studio.ending(submission.server_id)
            assert ending is not None
            timestamp = timestamp_of(ending.video) or ""
            assert (await studio.recent_timestamps())[0] == timestamp
            sidecar = await studio.sidecar(timestamp)
            assert sidecar is not None
            assert (sidecar["prompt"], sidecar["seed"]) == ("contract", 2**53 - 2)
            carried = sidecar[stamps.SIDECAR_KEYS[field.name]]
            assert stamps.read(carried, field.step or 0) == stamp
            names = final_names(timestamp, plan(resolved, start_size=None))
            found = await studio.find_video(("261231_235959_999_1_10.mp4", *names))
            assert found is not None
            assert found.endswith(names[0])
            with tempfile.TemporaryDirectory() as folder:
                await self._check_downloads(studio, ending.video or "", found, Path(folder))

        run(server, check)

    async def _check_downloads(
        self, studio: StudioAdapter, copy: str, original: str, folder: Path
    ) -> None:
        whole = folder / "whole.mp4"
        await studio.download(original, whole)
        content = whole.read_bytes()
        assert len(content) > 20
        again = folder / "again.mp4"
        again.with_name("again.mp4.part").write_bytes(content[:20])
        await studio.download(copy, again)
        assert again.read_bytes() == content
        assert sorted(path.name for path in folder.iterdir()) == ["again.mp4", "whole.mp4"]
        await raises(StudioRefused, studio.download(original + ".not", folder / "no.mp4"))
        assert not (folder / "no.mp4").exists()
        assert await studio.read_file(original) == content

    def test_a_job_in_line_waits_and_has_no_ending(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            long = self._resolved(studio, seconds=60.0, steps=20)
            first = await self._submit(studio, server, long)
            second = await self._submit(studio, server)
            await self._until(studio, server, lambda now: now is not None)
            ending = await studio.ending(second.server_id)
            assert ending is None or ending.pending
            running = await studio.ending(first.server_id)
            assert running is None
            await self._end(studio, first.server_id)
            ran = await self._watch(studio, server, second.server_id)
            assert ran or await studio.ending(second.server_id) is not None

        run(server, check)

    def test_what_runs_can_be_ended(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            long = self._resolved(studio, seconds=12.0, steps=20)
            submission = await self._submit(studio, server, long)
            await self._until(studio, server, lambda now: now is not None and now.progress.step > 0)
            await self._end(studio, submission.server_id)
            await self._until_idle(studio, server)
            ending = await studio.ending(submission.server_id)
            assert ending is not None
            assert ending.known
            assert ending.outcome  # mostly "Completed": whoever asked has to remember it
            names = final_names(timestamp_of(ending.video) or "", plan(long, start_size=None))
            assert ending.video is None or not ending.video.endswith(names[0])

        run(server, check)

    def test_one_job_in_line_is_cancelled_or_left_as_it_is(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            long = self._resolved(studio, seconds=60.0, steps=20)
            first = await self._submit(studio, server, long)
            second, third = [await self._submit(studio, server) for _ in range(2)]
            await self._until(studio, server, lambda now: now is not None)
            done = await studio.cancel_pending(second.server_id)
            assert self.cancels_singly in (None, done)
            rows = await studio.queue()
            (row,) = [row for row in rows if row.is_of(second.server_id)]
            assert (row.is_cancelled, row.is_open) == (done, not done)
            (row,) = [row for row in rows if row.is_of(third.server_id)]
            assert row.is_open
            now = await studio.current()
            assert now is not None
            assert now.server_id == first.server_id
            await self._end(studio, first.server_id)
            await self._until_idle(studio, server)
            assert ((await self._ending(studio, server, second)).video is None) is done
            assert (await self._ending(studio, server, third)).video is not None

        run(server, check)

    def test_a_job_that_nobody_knows_is_not_cancelled(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            submission = await self._submit(studio, server)
            await self._until_idle(studio, server)
            assert not await studio.cancel_pending(submission.server_id)
            assert not await studio.cancel_pending("f" * 32)

        run(server, check)

    def test_a_preview_can_be_read(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            long = self._resolved(studio, seconds=12.0, steps=20)
            submission = await self._submit(studio, server, long)
            now = await self._until(
                studio, server, lambda now: now is not None and now.progress.preview is not None
            )
            assert now is not None
            assert await studio.read_file(now.progress.preview or "")
            await self._end(studio, submission.server_id)
            await self._until_idle(studio, server)

        run(server, check)

    def test_a_server_that_is_away_is_unreachable(self, server: Server) -> None:
        async def check(studio: StudioAdapter) -> None:
            if not server.refuse_connections():
                return
            for question in (studio.current, studio.check_app, studio.queue, studio.refresh):
                await raises(StudioUnreachable, question())
            arguments: list[Any] = []
            await raises(StudioUnreachable, studio.submit(arguments, server.new_session(), never))

        run(server, check)

    # ------------------------------------------------------------------ in between


class _DiedError(Exception):
    """Stands for the end of the process."""
