"""What `Library.jobs(...)` can ask for, turned into SQL conditions. Pure.

Words are compared as casefolded, compatibility-normalised text and looked for with `instr`, so that
"%" and "_" mean themselves and "Ä" finds "ä" on every SQLite.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterable
from typing import Any, TypeAlias

from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JobRecord, JobState

When: TypeAlias = "datetime.datetime | datetime.date | str | float | None"
States: TypeAlias = "JobState | str | Iterable[JobState | str] | None"

MAX_STARS = 5
_NEWEST = "created_at DESC, position DESC"
# LoRAs are asked of the settings: the column `search` of older jobs does not name them. SQLite
# lowers ASCII letters only; a name with others is found as it is written.
_HAS_WORD = (
    "(instr(search, ?) > 0 OR EXISTS (SELECT 1 FROM json_each(settings, '$.loras') AS lora "
    "WHERE instr(lower(lora.key), ?) > 0))"
)
_ORDERS = {"newest": _NEWEST, "stars": f"stars DESC, {_NEWEST}"}


def folded(text: str) -> str:
    """Text as it is compared: upper case, lower case and ways of composing letters are one."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return text.encode("utf-8", "replace").decode()  # half characters cannot be stored


def searchable(record: JobRecord) -> str:
    """All that a job can be found by: prompts, file name, id, note."""
    settings = record.settings
    parts = (
        settings.prompt, settings.negative_prompt, record.clip, record.id, record.note,
        record.operation, *record.parents,
    )  # fmt: skip
    return folded("\n".join(str(part) for part in parts if part))


def conditions(
    *,
    text: str | None = None,
    model: str | None = None,
    state: States = None,
    since: When = None,
    until: When = None,
    studio: str | None = None,
    stars: int | None = None,
    has_clip: bool = False,
) -> tuple[list[str], list[Any]]:
    """SQL conditions on the table `jobs`, and their values. Raises LibraryError for bad ones."""
    where: list[str] = []
    values: list[Any] = []
    for word in folded(text or "").split():
        where.append(_HAS_WORD)
        values += [word, word]
    if model is not None:
        where.append("lower(model) = lower(?)")
        values.append(model)
    if state is not None:
        names = _state_names(state)
        where.append(f"state IN ({', '.join('?' * len(names))})")
        values.extend(names)
    if since is not None:
        where.append("created_at >= ?")
        values.append(_begin(since))
    if until is not None:
        where.append("created_at < ?" if _is_day(until) else "created_at <= ?")
        values.append(_end(until))
    if stars is not None:
        where.append("stars >= ?")
        values.append(checked_stars(stars))
    if has_clip:
        where.append("+clip IS NOT NULL")
    # "+": nearly every row is of one Studio and not deleted. SQLite must not begin with the
    # indexes on those and then sort everything, but walk along the one on age.
    if studio is not None:
        where.append("+studio = ?")
        values.append(studio)
    where.append("+deletion IS NULL")
    return where, values


def checked_stars(stars: object) -> int:
    """The same number, if it is one of 0..5; else LibraryError."""
    if isinstance(stars, bool) or not isinstance(stars, int) or not 0 <= stars <= MAX_STARS:
        raise LibraryError(
            f"{stars!r} is no rating: stars are a whole number from 0 (not rated) to {MAX_STARS}."
        )
    return stars


def order(sort: str) -> str:
    """The ORDER BY of "newest" or "stars" (the best first, of equals the newest)."""
    try:
        return _ORDERS[sort]
    except KeyError:
        raise LibraryError(f"Jobs can be sorted by {' or '.join(_ORDERS)}, not {sort!r}.") from None


def _state_names(state: JobState | str | Iterable[JobState | str]) -> list[str]:
    states = [state] if isinstance(state, str) else list(state)
    try:
        return [JobState(item).value for item in states]
    except ValueError as error:
        known = ", ".join(item.value for item in JobState)
        raise LibraryError(f"{error}. The states of a job are: {known}.") from error


def _begin(when: datetime.datetime | datetime.date | str | float) -> float:
    parsed = _parsed(when)
    if isinstance(parsed, datetime.datetime):
        return parsed.timestamp()
    if isinstance(parsed, datetime.date):
        return _midnight(parsed)
    return parsed


def _end(when: datetime.datetime | datetime.date | str | float) -> float:
    parsed = _parsed(when)
    if isinstance(parsed, datetime.date) and not isinstance(parsed, datetime.datetime):
        # Until a day means: that whole day, which a change of the clocks may make longer.
        return _midnight(parsed + datetime.timedelta(days=1))
    return _begin(when)


def _is_day(when: datetime.datetime | datetime.date | str | float) -> bool:
    parsed = _parsed(when)
    return isinstance(parsed, datetime.date) and not isinstance(parsed, datetime.datetime)


def _midnight(day: datetime.date) -> float:
    return datetime.datetime(day.year, day.month, day.day).timestamp()  # noqa: DTZ001 local time


def _parsed(
    when: datetime.datetime | datetime.date | str | float,
) -> datetime.datetime | datetime.date | float:
    if not isinstance(when, str):
        return when
    text = when.strip()
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    try:
        # Python 3.10 does not know "Z".
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise LibraryError(
            f"{when!r} is no date. Write 2026-11-20, 2026-11-20T14:30, or pass a date, a datetime "
            "or seconds since 1970."
        ) from error
