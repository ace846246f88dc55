"""Clips taken out of a Library, for other people and other machines: a folder or a zip file.

clips' files and the JSON beside each · inputs/ · index.json (all jobs with settings and file names)
"""

from __future__ import annotations

import os
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from framepack_widgets import durable, provenance
from framepack_widgets.descent import Descent
from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JobRecord
from framepack_widgets.library.inputs import Inputs, kept_names

INDEX = "index.json"


def export(
    target: Path,
    records: Iterable[JobRecord],
    *,
    clips: Path,
    inputs: Inputs | None,
    stored_by: Inputs,
    overwrite: bool,
) -> Path:
    """Write the records' clips to `target`. inputs: None leaves the frames out."""
    records = list(records)
    files = _files(records, clips, inputs, stored_by)
    index = durable.json_text(_index(records, clips, stored_by), indent=1).encode()
    needs = sum(path.stat().st_size for path in files.values())
    if target.suffix.lower() == ".zip":
        _refuse_existing(target.exists() and not overwrite, target)
        with durable.explaining("write", target, needs=needs):
            _write_zip(target, files, index)
    else:
        full = target.is_dir() and any(target.iterdir())
        _refuse_existing((full or target.is_file()) and not overwrite, target)
        with durable.explaining("write to", target, needs=needs):
            _write_folder(target, files, index)
    return target


def _files(
    records: list[JobRecord], clips: Path, inputs: Inputs | None, stored_by: Inputs
) -> dict[str, Path]:
    """{place in the export: file here}."""
    files: dict[str, Path] = {}
    for record in records:
        if record.clip and (clips / record.clip).is_file():
            files[record.clip] = clips / record.clip
            beside = provenance.beside(clips / record.clip)
            if beside.is_file():
                files[beside.name] = beside
        if inputs is not None:
            for name in kept_names(stored_by.to_stored(record.settings)).values():
                if inputs.path_of(name).is_file():
                    files[f"inputs/{name}"] = inputs.path_of(name)
    return files


def _index(records: list[JobRecord], clips: Path, stored_by: Inputs) -> dict[str, Any]:
    jobs = []
    for record in records:
        settings = stored_by.to_stored(record.settings)
        settings.update({f: f"inputs/{name}" for f, name in kept_names(settings).items()})
        jobs.append(
            {
                "id": record.id,
                "file": record.clip if record.clip and (clips / record.clip).is_file() else None,
                "state": record.state.value,
                "partial": record.partial,
                "verified": record.verified,
                "stars": record.stars,
                "note": record.note,
                "created_at": record.created_at,
                "settings": settings,
                **Descent.of(record).to_facts(),
            }
        )
    return {provenance.MARK: provenance.FORMAT, "exported_at": time.time(), "jobs": jobs}


def _refuse_existing(refused: bool, target: Path) -> None:
    if refused:
        raise LibraryError(
            f"{target} exists already and is not empty. Choose another name, or "
            "export(…, overwrite=True); files of other names in a folder stay."
        )


def _write_zip(target: Path, files: dict[str, Path], index: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        durable.whole(target) as temporary,
        # Videos and pictures are compressed already: packing them again only costs time.
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive,
    ):
        for name, path in files.items():
            archive.write(path, name)
        archive.writestr(INDEX, index)


def _write_folder(target: Path, files: dict[str, Path], index: bytes) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        place = target / name
        place.parent.mkdir(exist_ok=True)
        if os.path.abspath(place) != os.path.abspath(path):  # noqa: PTH100
            durable.copy(path, place)
    durable.write_bytes(target / INDEX, index)
