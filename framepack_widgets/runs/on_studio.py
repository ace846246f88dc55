"""The part of `Studio` that is about sweeps."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
import weakref
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets import _loop
from framepack_widgets.errors import FramePackError, LibraryError, SettingsError
from framepack_widgets.job import Wish
from framepack_widgets.library.run_rows import RunRecord
from framepack_widgets.runs.making import Wanted, check_draft, digest_of, make, name_for
from framepack_widgets.runs.sweep_run import SweepRun
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.sweep import Sweep

if TYPE_CHECKING:
    from framepack_widgets.registry import Desk

_SOON_S = 0.5  # for so long a plan is waited for, so that what is wrong is raised at once
_DRAFT = " (draft)"

_guard = threading.Lock()
_known: weakref.WeakValueDictionary[tuple[Path, str], SweepRun] = weakref.WeakValueDictionary()


class Running:
    """The sweeps that are rendered on a Studio."""

    _desk: Desk

    def run(
        self,
        sweep: Sweep,
        *,
        name: str | None = None,
        draft: Mapping[str, Any] | None = None,
        retry: str | None = None,
        handover: bool = False,
    ) -> SweepRun:
        """Render all points of a sweep. Returns at once; settings are frozen now.

        The same sweep again (or another one under the same name) goes on with the run that is
        there: what is rendered stays, new points are added, a paused run stays paused. Clips that
        the Library has with the same settings are not rendered again.
        name: None finds the run of an equal sweep, else makes a name of the axes. draft: settings
        for quick previews, such as dict(steps=8, seconds=1); see `SweepRun.promote`. retry:
        "failed" renders again what ended badly. handover: put all points into the Studio's own
        queue now, for closing the laptop; their clips are claimed later, with proof. What others
        ask for comes behind them, and stopping ends each point only when it starts.
        Raises SettingsError where nothing can be rendered (a sweep of very many points tells it in
        `result()`), LibraryError.
        """
        if not isinstance(sweep, Sweep):
            raise SettingsError(
                f"run takes an fp.Sweep, not {type(sweep).__name__}. "
                "For one render there is submit(...)."
            )
        changes = dict(draft or {})
        check_draft(sweep, changes)
        record = _record_for(self._desk, sweep, name, changes).replace(handover=handover)
        run = _making(self._desk, Wanted(sweep, record))
        if retry is not None:
            run.retry(retry)
        return run

    def runs(self) -> list[SweepRun]:
        """The runs of sweeps on this Studio, in their turn; also those of earlier kernels."""
        found = self._desk.library.runs.runs(self._desk.key)
        return [handle(self._desk, record) for record in found]

    def run_of(self, run: str) -> SweepRun:
        """A run by its name or id. Raises LibraryError where there is none."""
        store = self._desk.library.runs
        found = store.named(self._desk.key, run) or store.named(self._desk.key, run + _DRAFT)
        found = found or store.find(run)
        if found is None or found.studio != self._desk.key:
            names = ", ".join(repr(record.name) for record in store.runs(self._desk.key))
            raise LibraryError(
                f"There is no run {run!r} on this Studio. There are: {names or 'none yet'}."
            )
        return handle(self._desk, found)


def handle(desk: Desk, record: RunRecord) -> SweepRun:
    """The one SweepRun object of this process for that run."""
    key = (desk.library.path, record.id)
    with _guard:
        run = _known.get(key)
        if run is None or run._desk is not desk:
            run = _known[key] = SweepRun(desk, record)
        return run


def promote(desk: Desk, drafts: SweepRun, chosen: Mapping[int, Settings]) -> SweepRun:
    """Render chosen points of a draft in full; {number: settings}. Those of before stay."""
    store, draft = desk.library.runs, drafts.record
    base = draft.name.removesuffix(_DRAFT)
    names = [base, *(f"{base} (full{number})" for number in ("", *range(2, 100)))]
    # A run of that name that holds a whole sweep is another one.
    free = ((n, store.named(desk.key, n)) for n in names)
    name, record = next((n, r) for n, r in free if r is None or r.promoted)
    if record is None:
        record = _new(desk, drafts.sweep, name, digest="", draft={})
    earlier = {int(n): settings for n, settings in record.promoted.items()}
    kept = {**earlier, **{n: settings.to_dict() for n, settings in chosen.items()}}
    record = record.replace(promoted={str(n): settings for n, settings in kept.items()})
    settings = {n: Settings.from_dict(s) for n, s in kept.items()}
    return _making(desk, Wanted(drafts.sweep, record, settings, only=True))


def _record_for(desk: Desk, sweep: Sweep, name: str | None, draft: Mapping[str, Any]) -> RunRecord:
    """The run that goes on, or a new one."""
    store, digest = desk.library.runs, digest_of(sweep, draft)
    name = (name or "").strip() or None
    if name is None:
        same = (run for run in store.runs(desk.key) if run.digest == digest)
        found = next(same, None)
    else:
        name += _DRAFT if draft else ""
        found = store.named(desk.key, name)
    if found is not None:
        return found.replace(sweep=sweep.to_dict(), digest=digest, draft=draft, promoted={})
    if name is None:
        end = _DRAFT if draft else ""
        name = name_for(sweep, lambda name: store.named(desk.key, name + end) is not None) + end
    return _new(desk, sweep, name, digest, draft)


def _new(desk: Desk, sweep: Sweep, name: str, digest: str, draft: Mapping[str, Any]) -> RunRecord:
    return RunRecord(
        id=secrets.token_hex(6),
        studio=desk.key,
        name=name,
        sweep=sweep.to_dict(),
        created_at=time.time(),
        digest=digest,
        draft=draft,
    )


def _making(desk: Desk, wanted: Wanted) -> SweepRun:
    """Make the run in a thread of its own; what is wrong and found soon is raised."""
    run = handle(desk, wanted.run)
    run.begin(wanted.sweep)
    ended: Future[None] = Future()

    def work() -> None:
        try:
            record = make(desk.library, desk.client.schema, wanted)
            desk.library.runs.renew_missing(record.id)
            if wanted.run.wish is Wish.STOP:  # whoever runs it again wants it to go on
                desk.library.runs.wish(record.id, Wish.RUN)
            run.planned(desk.library.runs.find(record.id))
        except FramePackError as error:
            run.planned(None, error)
            ended.set_exception(error)
        except Exception as error:  # noqa: BLE001 - nobody waits for this thread
            run.planned(None, LibraryError(f"The run {run.name!r} could not be made: {error!r}"))
            ended.set_exception(error)
        else:
            ended.set_result(None)

    threading.Thread(target=work, name="framepack-plan", daemon=True).start()
    with contextlib.suppress(TimeoutError):  # a big one goes on in its thread
        _loop.wait(ended, _SOON_S)
    return run
