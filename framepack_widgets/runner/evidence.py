"""Looking for a job's traces among what a Studio wrote down: which timestamp carries our stamp."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from framepack_widgets.job import JobRecord
from framepack_widgets.proof import stamp_in
from framepack_widgets.studio.protocol import StudioAdapter

_LOOK_BACK = 60  # renders; a job of ours that is looked for is among the newest


class Evidence:
    """Remembers what was read, so that each sidecar is fetched once.

    A job that a restart cut off is sent again with the same stamp: the remains of such runs
    (`trace.cut_off`) are passed over.
    """

    def __init__(self, studio: StudioAdapter) -> None:
        self._studio = studio
        self._sidecars: dict[str, dict[str, Any]] = {}
        self.has_sidecars = False  # whether this Studio writes any
        self.on_server = 0  # jobs of ours that were handed over: so much further back to look

    async def locate(self, record: JobRecord) -> str | None:
        """The newest run that carries this job's stamp and has a video; None: none (yet)."""
        async for timestamp in self._runs(record):
            return timestamp
        return None

    async def runs_of(self, record: JobRecord) -> tuple[str, ...]:
        """All of them, the newest first."""
        return tuple([timestamp async for timestamp in self._runs(record)])

    async def carries_stamp(self, record: JobRecord, timestamp: str) -> bool | None:
        """Whether that render is this job's, by its stamp; None: the server wrote nothing down."""
        sidecar = await self._sidecar(timestamp)
        if sidecar is None:
            return None
        return record.stamp is not None and stamp_in(record, sidecar) == record.stamp

    async def _runs(self, record: JobRecord) -> AsyncIterator[str]:
        if record.stamp is None:
            return
        timestamps = await self._studio.recent_timestamps()
        for timestamp in timestamps[: _LOOK_BACK + self.on_server]:
            if timestamp in record.trace.cut_off:
                continue
            if await self.carries_stamp(record, timestamp):
                yield timestamp

    async def _sidecar(self, timestamp: str) -> dict[str, Any] | None:
        known = self._sidecars.get(timestamp)
        if known is not None:
            return known
        sidecar = await self._studio.sidecar(timestamp)
        if sidecar is not None:  # else perhaps being written: look again next time
            self.has_sidecars = True
            self._sidecars[timestamp] = sidecar
        return sidecar
