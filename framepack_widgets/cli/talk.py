"""How the terminal program speaks: results on stdout, everything else on stderr.

With `--json` stdout carries JSON alone, so that it can be piped; errors go there, too. Texts of a
server or a file are stripped of control characters before they reach the terminal.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from framepack_widgets.errors import FramePackError, SettingsError

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: object) -> str:
    """Text without the control characters that could move a terminal's cursor or recolour it."""
    return _CONTROL.sub("", str(text))


@dataclass
class Talk:
    """The program's two voices."""

    as_json: bool = False
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def say(self, text: object, style: str = "") -> None:
        """A line for the person at the terminal."""
        self.err.print(Text(clean(text), style=style), soft_wrap=True)

    def data(self, value: Any) -> None:
        """One line of JSON on stdout, if JSON was asked for."""
        if self.as_json:
            write(json.dumps(value))

    def result(self, value: Any, text: str) -> None:
        """The outcome of a command: JSON if it was asked for, else the text."""
        if self.as_json:
            self.data(value)
        else:
            write(clean(text))

    def table(self, value: Any, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table on stdout, or `value` as JSON."""
        if self.as_json:
            self.data(value)
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in columns:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(Text(clean(cell)) for cell in row))
        out = Console(highlight=False)
        # A pipe has no width; folding lines there would only break scripts that read them.
        out.print(table, width=None if out.is_terminal else 1000, no_wrap=not out.is_terminal)

    def error(self, error: FramePackError, code: int) -> None:
        """An error of ours, without a traceback: what happened and what to do."""
        self.say(f"error: {error}", style="bold red")
        problems = error.problems if isinstance(error, SettingsError) else ()
        for problem in problems:
            if str(problem.message) not in str(error):
                self.say(f"  {problem.field}: {problem.message}  {problem.hint or ''}")
        about: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
        if problems:
            about["problems"] = [
                {"field": item.field, "message": item.message, "hint": item.hint}
                for item in problems
            ]
        self.data({"error": about, "exit_code": int(code)})


def write(line: str) -> None:
    """One line on stdout, at once: whoever reads the pipe may be waiting for it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
