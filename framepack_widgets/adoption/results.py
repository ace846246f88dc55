"""What an adoption tells: each step while it goes on, and clips and problems when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from framepack_widgets.clip import Clip


@dataclass(frozen=True)
class Problem:
    """A render that was not adopted."""

    timestamp: str
    reason: str

    def __str__(self) -> str:
        return f"{self.timestamp}: {self.reason}"


@dataclass(frozen=True)
class Step:
    """How far an adoption is. Told before each render, and once more at the end."""

    done: int  # renders that are through, also with a problem
    total: int
    timestamp: str | None  # the one that is being adopted; None: it is over
    adopted: int  # new clips so far
    problems: tuple[Problem, ...]  # so far


OnStep = Callable[[Step], object]


class Adopted(list[Clip]):
    """The clips that are new in the Library, in the order they were asked for.

    problems: what was not adopted, and why. known: ids of the jobs whose renders were asked for,
    but are clips or jobs of the Library already.
    """

    def __init__(
        self,
        clips: Iterable[Clip] = (),
        problems: Iterable[Problem] = (),
        known: Iterable[str] = (),
    ) -> None:
        super().__init__(clips)
        self.problems = tuple(problems)
        self.known = tuple(known)

    def __str__(self) -> str:
        parts = [f"{len(self)} {'clip' if len(self) == 1 else 'clips'} adopted"]
        if self.known:
            parts.append(f"{len(self.known)} of this Library already")
        if self.problems:
            parts.append(f"{len(self.problems)} not adopted")
        return "\n".join([", ".join(parts), *(f"  {problem}" for problem in self.problems)])

    def __repr__(self) -> str:
        return f"<{self}>"
