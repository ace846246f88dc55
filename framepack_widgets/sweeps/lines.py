"""The identities of the points of a sweep, put together from lines that are made once a value."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.identity import digest, line
from framepack_widgets.sweeps.table import Row, Table


class Lines:
    """`content_id` of each point as this Studio resolves it."""

    def __init__(self, table: Table, schema: Schema) -> None:
        self._table, self._schema = table, schema
        self._defaults = schema.resolve(Settings()).set_values()
        names = {**self._defaults, **table.constant, **dict.fromkeys(table.fields)}
        self._parts: list[str | tuple[int, dict[int, str]]] = []
        # This is the order of the finished lines: no quoted name begins with another one.
        for name in sorted(names, key=json.dumps):
            column = table.column(name)
            if column is not None:
                self._parts.append((column, {}))
                continue
            text = self._line(name, table.constant.get(name))
            if self._parts and isinstance(self._parts[-1], str):
                self._parts[-1] += text
            else:
                self._parts.append(text)

    def of(self, row: Row) -> str:
        """The point's identity. Raises SettingsError for a frame that cannot be read."""
        found = []
        for part in self._parts:
            if isinstance(part, str):
                found.append(part)
                continue
            column, known = part
            text = known.get(row[column])
            if text is None:
                name = self._table.fields[column]
                text = known[row[column]] = self._line(name, self.resolved(name, row))
            found.append(text)
        return digest("".join(found))

    def resolved(self, name: str, row: Row) -> Any:
        """What the server makes of the point's value; None: nothing is sent."""
        return self._resolved(name, self._table.value(name, row))

    def ranked(self, name: str, kind: Callable[[Any], Any] = lambda value: value) -> _Ranks:
        """Numbers for the values of one setting, in the order in which they come."""
        return _Ranks(self, name, self._table.column(name), kind)

    def _resolved(self, name: str, value: Any) -> Any:
        if value is None:
            return self._defaults.get(name)
        if name == "loras":
            return self._schema.resolve(Settings(loras=value)).loras
        field = self._schema.get(name)
        return value if field is None else field.canonical(value)

    def _line(self, name: str, value: Any) -> str:
        value = self._resolved(name, value)
        return "" if value is None else line(name, value)


class _Ranks:
    """0 for the first value of a setting, 1 for the next; what is of one kind has one number."""

    def __init__(
        self, lines: Lines, name: str, column: int | None, kind: Callable[[Any], Any]
    ) -> None:
        self._lines, self._name, self._column, self._kind = lines, name, column, kind
        self._known: dict[int, int] = {}
        self._kinds: dict[Any, int] = {}

    def of(self, row: Row) -> int:
        if self._column is None:
            return 0
        place = row[self._column]
        rank = self._known.get(place)
        if rank is None:
            kind = self._kind(self._lines.resolved(self._name, row))
            rank = self._known[place] = self._kinds.setdefault(kind, len(self._kinds))
        return rank
