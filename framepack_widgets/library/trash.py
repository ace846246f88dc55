"""Deleting: into a trash folder first, back from there, and for good.

Files move inside the database transaction that marks their jobs, so nobody sees one without the
other. A process killed in between leaves a folder in the trash that the database does not know: the
next one that opens the Library puts its files back (`recover`).
"""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from framepack_widgets import durable, provenance
from framepack_widgets.errors import LibraryError
from framepack_widgets.library.database import Database
from framepack_widgets.library.deletion import Contents, Deletion, FileFact
from framepack_widgets.library.inputs import Inputs
from framepack_widgets.library.moves import Moves

_GONE = ".gone"  # the end of a trash folder's name while it is being deleted for good


class Trash:
    """The trash of one Library."""

    def __init__(self, root: Path, database: Database, inputs: Inputs) -> None:
        self._root = root
        self.folder = root / "trash"
        self._database = database
        self._inputs = inputs

    def ask(self, job_ids: Iterable[str]) -> Deletion:
        """The deletion of these jobs; nothing happens yet. Raises LibraryError for jobs at work."""
        contents = self._survey(sorted(set(job_ids)))
        return Deletion(self, _new_id(), contents)

    def ask_emptying(self) -> Deletion:
        """The final deletion of all that is in the trash; nothing happens yet."""
        ids, contents = self._survey_trash()
        return Deletion(self, _new_id(), contents, final=True, of=ids)

    def deletions(self) -> list[Deletion]:
        """What is in the trash, newest first."""
        rows = self._database.read(
            "SELECT id, deleted_at, plan FROM deletions ORDER BY deleted_at DESC"
        )
        return [
            Deletion(
                self, row[0], Contents.from_dict(json.loads(row[2])), state="trashed",
                deleted_at=row[1],
            )
            for row in rows
        ]  # fmt: skip

    def carry_out(self, deletion: Deletion) -> None:
        """Do what the deletion says, or raise LibraryError and do nothing."""
        if deletion.final:
            self._empty(deletion)
            return
        with self._database.write() as connection:
            now = self._survey(deletion.jobs)
            if now != deletion.contents:
                raise LibraryError(_difference(deletion.contents, now))
            moves = Moves()
            try:
                for file in (*now.files, *now.inputs):
                    moves.move(self._root / file.path, self.folder / deletion.id / file.path)
                connection.execute(
                    "INSERT INTO deletions (id, deleted_at, plan) VALUES (?, ?, ?)",
                    (deletion.id, time.time(), json.dumps(now.to_dict())),
                )
                connection.executemany(
                    "UPDATE jobs SET deletion = ? WHERE id = ?",
                    [(deletion.id, job) for job in now.jobs],
                )
            except BaseException:
                moves.take_back()
                raise

    def restore(self, deletion_id: str) -> Deletion:
        """Bring everything of a deletion back. Raises LibraryError if it is not in the trash."""
        with self._database.write() as connection:
            row = connection.execute(
                "SELECT id, plan FROM deletions WHERE id = ?", (deletion_id,)
            ).fetchone()
            if row is None:
                raise LibraryError(
                    f"There is no deletion {deletion_id!r} in the trash; library.trash() lists all."
                )
            contents = Contents.from_dict(json.loads(row[1]))
            moves = Moves()
            try:
                self._put_back(self.folder / deletion_id, moves)
                connection.execute(
                    "UPDATE jobs SET deletion = NULL WHERE deletion = ?", (deletion_id,)
                )
                connection.execute("DELETE FROM deletions WHERE id = ?", (deletion_id,))
                self._bring_inputs_of(connection, contents.jobs)
            except BaseException:
                moves.take_back()
                raise
        shutil.rmtree(self.folder / deletion_id, ignore_errors=True)
        return Deletion(self, deletion_id, contents, state="undone")

    def bring_input(self, name: str) -> None:
        """Make sure that a kept input is there, from the trash if need be; else LibraryError."""
        target = self._inputs.path_of(name)
        if target.is_file():
            return
        for copy in sorted(self.folder.glob(f"*/inputs/{name}")):
            with durable.explaining("copy to", target):
                durable.copy(copy, target)
            return
        raise LibraryError(
            f"{target} is gone, which this job needs as a frame or video. Choose the file again."
        )

    def recover(self) -> None:
        """Finish or take back what a killed process left half done."""
        if not any(self.folder.iterdir()):
            return
        with self._database.write() as connection:
            known = {row[0] for row in connection.execute("SELECT id FROM deletions").fetchall()}
            for folder in sorted(self.folder.iterdir()):
                name = folder.name.removesuffix(_GONE)
                if not folder.is_dir():
                    continue
                if folder.name.endswith(_GONE) and name in known:
                    durable.move(folder, self.folder / name)
                elif folder.name.endswith(_GONE):
                    shutil.rmtree(folder, ignore_errors=True)
                elif name not in known:
                    self._put_back(folder, Moves())
                    shutil.rmtree(folder, ignore_errors=True)

    def _empty(self, deletion: Deletion) -> None:
        gone = []
        with self._database.write() as connection:
            ids, now = self._survey_trash()
            if ids != deletion.of or now != deletion.contents:
                raise LibraryError(_difference(deletion.contents, now))
            moves = Moves()
            try:
                for number, deletion_id in enumerate(ids):
                    source = self.folder / deletion_id
                    source.mkdir(parents=True, exist_ok=True)
                    # What a new job brought back from there is that job's now.
                    for file in self._inputs_only_of(set(now.jobs)) if number == 0 else ():
                        moves.move(self._root / file.path, source / file.path)
                    gone.append(self.folder / (deletion_id + _GONE))
                    moves.move(source, gone[-1])
                jobs = [(job,) for job in now.jobs]
                connection.executemany("DELETE FROM job_inputs WHERE job = ?", jobs)
                connection.executemany("DELETE FROM jobs WHERE id = ?", jobs)
                connection.executemany("DELETE FROM deletions WHERE id = ?", [(i,) for i in ids])
            except BaseException:
                moves.take_back()
                raise
        for folder in gone:
            shutil.rmtree(folder, ignore_errors=True)

    def _put_back(self, folder: Path, moves: Moves) -> None:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            place = file.relative_to(folder)
            target = self._root / place
            if not target.exists():
                moves.move(file, target)
            elif place.parts[0] != "inputs":  # inputs are named by their content: it is the same
                raise LibraryError(
                    f"{target} exists already, so the deleted file of that name cannot come back. "
                    "Move it elsewhere, then try again."
                )

    def _bring_inputs_of(self, connection: Any, jobs: Iterable[str]) -> None:
        for job in jobs:
            found = connection.execute("SELECT input FROM job_inputs WHERE job = ?", (job,))
            for (name,) in found.fetchall():
                if not self._inputs.path_of(name).is_file():
                    self.bring_input(name)

    def _survey(self, jobs: Iterable[str]) -> Contents:
        """What deleting these jobs takes now."""
        wanted = tuple(jobs)
        files: list[FileFact] = []
        for job in wanted:
            rows = self._database.read(
                "SELECT open, state, clip FROM jobs WHERE id = ? AND deletion IS NULL", (job,)
            )
            if not rows:
                raise LibraryError(f"The Library has no job {job} any more; nothing was deleted.")
            is_open, state, clip = rows[0]
            if is_open:
                raise LibraryError(
                    f"Job {job} is {state}; only finished jobs can be deleted. Cancel it first "
                    "(job.cancel()), or wait. Nothing was deleted."
                )
            files.extend(self._files_of(job, clip))
        return Contents(wanted, tuple(files), self._inputs_only_of(set(wanted)))

    def _survey_trash(self) -> tuple[tuple[str, ...], Contents]:
        deletions = self.deletions()
        jobs = tuple(job for deletion in deletions for job in deletion.jobs)
        files = [file for deletion in deletions for file in deletion.contents.files]
        inputs = {file.path: file for d in deletions for file in d.contents.inputs}
        inputs.update({file.path: file for file in self._inputs_only_of(set(jobs))})
        return (
            tuple(deletion.id for deletion in deletions),
            Contents(jobs, tuple(files), tuple(inputs.values())),
        )

    def _files_of(self, job: str, clip: str | None) -> list[FileFact]:
        paths = list((self._root / "aside").glob(f"{job}-*"))
        if clip:
            place = self._root / "clips" / clip
            paths += [place, provenance.beside(place)]
        return [fact for path in sorted(paths) if (fact := self._fact(path)) is not None]

    def _inputs_only_of(self, jobs: set[str]) -> tuple[FileFact, ...]:
        """Kept files that no other job uses, one in the trash included: that one may come back."""
        users: dict[str, set[str]] = {}
        for job, name in self._database.read("SELECT job, input FROM job_inputs"):
            users.setdefault(name, set()).add(job)
        alone = sorted(name for name, its in users.items() if its <= jobs)
        facts = (self._fact(self._inputs.path_of(name)) for name in alone)
        return tuple(fact for fact in facts if fact is not None)

    def _fact(self, path: Path) -> FileFact | None:
        try:
            status = path.stat()
        except OSError:
            return None
        relative = path.relative_to(self._root).as_posix()
        return FileFact(relative, status.st_size, status.st_mtime_ns)


def _new_id() -> str:
    return time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3)


def _difference(shown: Contents, now: Contents) -> str:
    """Why a deletion that was shown is not carried out."""
    names = {file.path for file in (*shown.files, *shown.inputs)}
    names ^= {file.path for file in (*now.files, *now.inputs)}
    before = {file.path: file for file in (*shown.files, *shown.inputs)}
    names |= {f.path for f in (*now.files, *now.inputs) if before.get(f.path, f) != f}
    what = ", ".join(sorted(names)[:5]) or "the jobs in the trash"
    return (
        f"Something changed since this deletion was shown ({what}), so nothing was deleted. "
        "Ask for it again and look at what it says."
    )
