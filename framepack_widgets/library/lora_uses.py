"""Which LoRAs the clips of a Library were made with, asked of the database's rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from framepack_widgets.library.database import Database

# The row of each group is the one with the greatest `rank` (SQLite's bare columns beside max()):
# the most stars, of equals the newest. Stars times 1e11 lies above every time since 1970.
_USES = """
SELECT lora.key, lora.value, jobs.stars, count(*), max(jobs.stars * 1e11 + jobs.created_at)
FROM jobs, json_each(jobs.settings, '$.loras') AS lora
WHERE jobs.clip IS NOT NULL AND jobs.deletion IS NULL
GROUP BY lora.key
"""


@dataclass(frozen=True)
class LoraUse:
    """What a Library's clips tell of one LoRA."""

    clips: int
    """How many clips were made with it."""
    weight: float | None
    """Its weight in the clip with the most stars, of equals in the newest."""
    stars: int
    """Of that clip, 0: not rated."""


def lora_uses(database: Database) -> dict[str, LoraUse]:
    """{LoRA: what the clips tell}, of clips that are not in the trash."""
    rows: list[tuple[Any, ...]] = database.read(_USES)
    return {
        str(name): LoraUse(count, _number(weight), stars)
        for name, weight, stars, count, _ in rows
        if name is not None
    }


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
