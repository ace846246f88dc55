"""What is wrong or doubtful about settings: one Problem each, all of them in a Report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from framepack_widgets.errors import SettingsError


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one field."""

    field: str
    """The name in `Settings`."""
    message: str
    """What is wrong, a sentence."""
    hint: str | None = None
    """What to do, a sentence."""
    severity: Literal["error", "warning"] = "error"
    """error: nothing is sent while there is one. warning: it renders, but perhaps not as meant."""

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" + (f" {self.hint}" if self.hint else "")


@dataclass(frozen=True)
class Report:
    """Everything found in some settings, at once."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the settings can be sent."""
        return not self.problems

    def raise_if_any(self) -> None:
        """Raise SettingsError, listing every problem on a line of its own, if there is one."""
        if self.problems:
            lines = "\n".join(f"  {problem}" for problem in self.problems)
            raise SettingsError(f"nothing was sent, because of\n{lines}", self.problems)

    def __str__(self) -> str:
        told = [*self.problems, *self.warnings]
        return "\n".join(f"{p.severity}: {p}" for p in told) or "no problems"
