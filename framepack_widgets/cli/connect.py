"""`framepack-widgets connect`: what is at an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framepack_widgets.cli.options import Output, Reach, Shelf

if TYPE_CHECKING:
    from framepack_widgets.session import Studio


def connect(reach: Reach, shelf: Shelf, output: Output) -> None:
    """Say what a Studio is: version, models, LoRAs, queue, and what can be set."""
    talk = output.talk()
    with reach.connect(shelf.library) as studio:
        found = description(studio)
        talk.result(found, "\n".join([*_lines(studio, found), "", repr(studio.schema)]))


def _lines(studio: Studio, found: dict[str, Any]) -> list[str]:
    """What was found, for reading."""
    open_jobs = [row for row in found["queue"] if row["status"] in ("pending", "running")]
    return [
        f"Studio {studio.version or '(version not shown)'} at {studio.url}",
        f"models   {', '.join(studio.models)}",
        f"LoRAs    {', '.join(studio.loras) or 'none'}",
        f"queue    {len(open_jobs)} to do, {len(found['queue']) - len(open_jobs)} ended",
        f"library  {studio.library.path}",
    ]


def description(studio: Studio) -> dict[str, Any]:
    """What was found, made of what JSON knows."""
    return {
        "url": studio.url,
        "version": studio.version,
        "models": list(studio.models),
        "loras": list(studio.loras),
        "queue": [{"id": row.id, "type": row.type, "status": row.status} for row in studio.queue()],
        "fields": [
            {
                "name": field.name,
                "label": field.label,
                "kind": field.kind,
                "default": field.to_dict().get("default"),
                "minimum": field.minimum,
                "maximum": field.maximum,
                "step": field.step,
                "choices": [str(value) for value in field.values],
            }
            for field in studio.schema.fields
            if field.lora is None
        ],
    }
