"""What the clip browser asks the Library for, and how a job becomes a tile. Pure."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framepack_widgets.descent import title_of
from framepack_widgets.job import JobRecord, JobState

PAGE = 48  # tiles
WITH_CLIP = "clips"
EVERYTHING = "all"
_PROMPT = 200  # characters of a tile's tooltip


@dataclass(frozen=True)
class Query:
    """The search box, the filters and the page that is open."""

    text: str = ""
    show: str = WITH_CLIP  # or EVERYTHING, or a job's state
    model: str = ""
    stars: int = 0  # at least
    sort: str = "newest"  # or "stars"
    page: int = 0

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Query:
        """Whatever the page sent, made valid."""
        show, stars, page = message.get("show"), message.get("stars"), message.get("page")
        states = {state.value for state in JobState}
        return cls(
            text=str(message.get("text") or "")[:500],
            show=str(show) if show in {WITH_CLIP, EVERYTHING, *states} else WITH_CLIP,
            model=str(message.get("model") or ""),
            stars=stars if isinstance(stars, int) and 0 <= stars <= 5 else 0,
            sort="stars" if message.get("sort") == "stars" else "newest",
            page=max(0, page) if isinstance(page, int) else 0,
        )

    @property
    def is_filtered(self) -> bool:
        """Whether it leaves anything with a clip out."""
        return bool(self.text.strip() or self.model or self.stars or self.show != WITH_CLIP)

    def search(self) -> dict[str, Any]:
        """The arguments for `Library.count`, and for `Library.jobs` besides sort and page."""
        found: dict[str, Any] = {"text": self.text}
        if self.show == WITH_CLIP:
            found["has_clip"] = True
        elif self.show != EVERYTHING:
            found["state"] = self.show
        if self.model:
            found["model"] = self.model
        if self.stars:
            found["stars"] = self.stars
        return found


def tile(record: JobRecord) -> dict[str, Any]:
    """What the page needs for one tile."""
    settings = record.settings
    prompt = title_of(record)
    return {
        "id": record.id,
        "prompt": prompt[:_PROMPT] + ("…" if len(prompt) > _PROMPT else ""),
        "model": str(settings.model or ""),
        "seed": "" if settings.seed is None else str(settings.seed),
        "state": record.state.value,
        "stars": record.stars,
        "note": record.note[:_PROMPT],
        "partial": record.partial,
        "has_clip": bool(record.clip),
        "when": time.strftime("%Y-%m-%d %H:%M", time.localtime(record.created_at)),
    }
