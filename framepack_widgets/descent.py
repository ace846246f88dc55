"""What a clip was made from, and how: the same in a job's record, in a file and on a Clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from framepack_widgets.frozen import FrozenDict, freeze, plain
from framepack_widgets.job import ORIGINS, RENDER, JobRecord


@dataclass(frozen=True)
class Descent:
    """Where a clip comes from."""

    origin: str = RENDER  # one of job.ORIGINS
    parents: tuple[str, ...] = ()  # ids of the jobs whose clips it was made from
    operation: str = ""  # "continue", "join", "upscale", ...
    options: Mapping[str, Any] = field(default_factory=FrozenDict)  # plain JSON

    @classmethod
    def of(cls, record: JobRecord) -> Descent:
        """The descent that a job's record tells."""
        return cls(record.origin, record.parents, record.operation, record.options)

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Descent:
        """The descent that a file's facts tell; what is no such thing counts as nothing."""
        origin, parents = facts.get("origin"), facts.get("parents")
        operation, options = facts.get("operation"), facts.get("options")
        return cls(
            origin if origin in ORIGINS else RENDER,
            tuple(str(item) for item in parents) if isinstance(parents, (list, tuple)) else (),
            operation if isinstance(operation, str) else "",
            freeze(options) if isinstance(options, Mapping) else FrozenDict(),
        )

    def to_facts(self) -> dict[str, Any]:
        """What is written into the file; nothing for a plain render."""
        if self == Descent():
            return {}
        return {
            "origin": self.origin,
            "parents": list(self.parents),
            "operation": self.operation,
            "options": plain(self.options),
        }


def title_of(record: JobRecord) -> str:
    """What stands for a job in a list: its prompt, else where its clip comes from."""
    return str(record.settings.prompt or "") or describe(Descent.of(record))


def describe(descent: Descent) -> str:
    """One short sentence, such as "joined from 1a2b3c4d and 5e6f7a8b"; "" for a plain render."""
    parents = " and ".join(parent[:8] for parent in descent.parents)
    if descent.origin == RENDER:
        return f"continues {parents}" if parents else ""
    words = {"joined": "joined", "adopted": "adopted"}.get(descent.origin, descent.operation)
    return f"{words or descent.origin} from {parents}" if parents else (words or descent.origin)
