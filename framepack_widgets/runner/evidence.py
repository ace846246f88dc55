"""Looking for a job's traces among what a Studio wrote down: which timestamp carries our stamp."""

from __future__ import annotations

from typing import Any

from framepack_widgets.job import JobRecord
from framepack_widgets.proof import stamp_in
from framepack_widgets.studio.protocol import StudioAdapter

_LOOK_BACK = 60  # renders; a job of ours that is looked for is among the newest


class Evidence:
    """Remembers what was read, so that each sidecar is fetched once."""

    def __init__(self, studio: StudioAdapter) -> None:
        self._studio = studio
        self._sidecars: dict[str, dict[str, Any]] = {}
        self.newest: str | None = None  # timestamp of the newest render, as of the last look
        self.has_sidecars = False  # whether this Studio writes any

    async def locate(self, record: JobRecord) -> str | None:
        """The timestamp of the render that carries this job's stamp; None: there is none (yet)."""
        if record.stamp is None:
            return None
        timestamps = await self._studio.recent_timestamps()
        self.newest = timestamps[0] if timestamps else None
        for timestamp in timestamps[:_LOOK_BACK]:
            sidecar = await self._sidecar(timestamp)
            if sidecar is not None and stamp_in(record, sidecar) == record.stamp:
                return timestamp
        return None

    async def _sidecar(self, timestamp: str) -> dict[str, Any] | None:
        known = self._sidecars.get(timestamp)
        if known is not None:
            return known
        sidecar = await self._studio.sidecar(timestamp)
        if sidecar is not None:  # else perhaps being written: look again next time
            self.has_sidecars = True
            self._sidecars[timestamp] = sidecar
        return sidecar
