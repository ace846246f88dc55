"""One axis of a sweep: a name, its values, a short label for each."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.fields import Field
from framepack_widgets.frozen import freeze, plain
from framepack_widgets.images import DATA_URL, ImageData, is_array
from framepack_widgets.settings import IMAGE_FIELDS, Settings
from framepack_widgets.sweeps import axis_values
from framepack_widgets.sweeps.draws import is_distribution
from framepack_widgets.sweeps.frame_files import frames_of
from framepack_widgets.sweeps.sources import (
    FRAMES,
    Alternatives,
    SearchReplace,
    Seeds,
    alternatives,
    drawn_seeds,
)
from framepack_widgets.sweeps.spread import MOST_VALUES, Spread, rounded
from framepack_widgets.sweeps.targets import TEXTS, Target, target_of
from framepack_widgets.sweeps.value_labels import key_of, labels_of

_LIKE_A_LIST = re.compile(r"""\s*(["']|unset\s*(,|$)|search_replace\(|alternatives\()""")
_DATA = ("name", "values", "labels", "search")


@dataclass(frozen=True, init=False, repr=False)
class Axis:
    """The values that one setting takes in a sweep. Immutable, comparable, JSON round trip."""

    name: str
    """A setting, `loras.NAME`, `prompt[2]`, `prompt[2].start`, or `prompt:own name`."""
    values: tuple[Any, ...]
    labels: tuple[str, ...]
    """A short text for each value, unique within the axis; equal values share theirs."""
    search: str | None = None
    """What the values stand in for; None: they are set as they are."""

    def __init__(
        self,
        name: str,
        values: Any,
        *,
        labels: Iterable[str] | None = None,
        settings: Settings | None = None,
        folder: Path | None = None,
    ) -> None:
        """An axis of these values.

        values: a list, a numpy array, a range, `fp.linspace(...)`, `fp.seeds(4)`, a text such as
        "1..3/5", {label: value}; for frames also a folder or a pattern, read now. settings: what
        seeds are drawn from. folder: where relative paths of frames begin.
        Raises SettingsError, with the axis named.
        """
        try:
            target = target_of(name)
            if isinstance(values, Mapping) and name != "loras" and labels is None:
                values, labels = list(values.values()), [str(label) for label in values]
            found, search, words = _read(values, target, settings, folder)
            made = _fitting_labels(labels, found) if labels is not None else words
            self._fill(name, found, made or labels_of(found, target.field), search)
            if isinstance(found, Spread):
                self.__dict__["computed"] = True
        except SettingsError as error:
            raise SettingsError(f"axis {name}: {error}", error.problems) from error

    def _fill(
        self, name: str, values: Iterable[Any], labels: Iterable[str], search: str | None
    ) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "values", tuple(values))
        object.__setattr__(self, "labels", tuple(labels))
        object.__setattr__(self, "search", search)

    @cached_property
    def target(self) -> Target:
        """Where the values go."""
        return target_of(self.name)

    @cached_property
    def first(self) -> tuple[int, ...]:
        """For each value the place of the first one that is equal to it."""
        places: dict[Any, int] = {}
        return tuple(places.setdefault(key_of(v), n) for n, v in enumerate(self.values))

    @property
    def text(self) -> str:
        """The values as `Axis(name, text)` reads them."""
        if self.search is not None:
            return f"search_replace({axis_values.format(self.values, quoted=True)})"
        frames = self.target.field in FRAMES
        return axis_values.format(self.values, quoted=self.target.is_text or frames)

    def fitted(self, field: Field, *, fold: bool = True) -> Axis:
        """The same with computed values (linspace) rounded to the grid of this field.

        fold: values that became equal count once.
        """
        if "computed" not in self.__dict__ or field.kind not in ("integer", "number", "weight"):
            return self
        whole = field.kind == "integer"
        values = [rounded(v, field.step, field.minimum, whole=whole) for v in self.values]
        kept = list({key_of(value): value for value in values}.values()) if fold else values
        return Axis.plain(self.name, kept, labels_of(kept, self.target.field))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        found: dict[str, Any] = {"name": self.name, "values": [plain(v) for v in self.values]}
        found["labels"] = list(self.labels)
        return found if self.search is None else {**found, "search": self.search}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Axis:
        """What `to_dict` gave; no file is looked at. Raises SettingsError for anything else."""
        try:
            name = data["name"]
            pictures = target_of(name).field in IMAGE_FIELDS
            values = [_picture(freeze(v)) if pictures else freeze(v) for v in data["values"]]
            return cls.plain(name, values, data["labels"], data.get("search"))
        except (KeyError, TypeError, ValueError) as error:
            raise SettingsError(f"this is no axis that was kept ({error!r}).") from error

    @classmethod
    def plain(
        cls, name: str, values: Iterable[Any], labels: Iterable[str], search: str | None = None
    ) -> Axis:
        """An axis of exactly these values, which are neither read nor looked at."""
        axis = object.__new__(cls)
        axis._fill(name, values, labels, search)
        return axis

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        shown = ", ".join(self.labels[:8]) + (", …" if len(self) > 8 else "")
        return f"Axis({self.name!r}, {len(self)} values: {shown})"


def _read(
    given: Any, target: Target, settings: Settings | None, folder: Path | None
) -> tuple[tuple[Any, ...], str | None, tuple[str, ...] | None]:
    """(values, what they replace, labels or None)."""
    if target.field in FRAMES and target.is_whole:
        values: Any = frames_of(_from_text(given), is_video=target.field == "video", folder=folder)
    else:
        values = _parsed(given, target) if isinstance(given, str) else given
    if isinstance(values, SearchReplace):
        if target.field not in TEXTS or target.time is not None:
            raise SettingsError(
                "search_replace works on texts: the prompt, its parts, the negative prompt."
            )
        return values.values, values.values[0], None
    if isinstance(values, Alternatives):
        return values.texts, None, tuple(labels_of(values.words, ""))
    if isinstance(values, Seeds):
        return drawn_seeds(settings or Settings(), values), None, None
    if is_distribution(values):
        raise SettingsError("values are drawn by Sweep.random and Sweep.sobol; here, list them.")
    found = values if isinstance(values, Spread) else _listed(values)
    if not found:
        raise SettingsError("it is empty. Give it at least one value, or leave it out.")
    return found, None, None


def _listed(values: Any) -> tuple[Any, ...]:
    if is_array(values):
        values = values.tolist()
    if isinstance(values, (set, frozenset)):
        values = freeze(values)
    one = isinstance(values, (str, bytes, Mapping, os.PathLike, ImageData))
    if one or not isinstance(values, Iterable):
        values = (values,)
    found = tuple(freeze(value) for value in itertools.islice(values, MOST_VALUES + 1))
    if len(found) > MOST_VALUES:
        raise SettingsError(f"it has more than {MOST_VALUES:,} values.")
    return found


def _parsed(text: str, target: Target) -> Any:
    if target.is_text and not _LIKE_A_LIST.match(text):
        return alternatives(text)  # commas are nothing special in a prompt
    return axis_values.parse(text)


def _from_text(given: Any) -> Any:
    """Several quoted paths in one text; any other text is one path, whatever is in it."""
    quoted = isinstance(given, str) and _LIKE_A_LIST.match(given)
    return axis_values.parse(given) if quoted else given


def _picture(value: Any) -> Any:
    is_url = isinstance(value, str) and value.startswith(DATA_URL)
    return ImageData.from_data_url(value) if is_url else value


def _fitting_labels(labels: Iterable[str], values: tuple[Any, ...]) -> tuple[str, ...]:
    found = tuple(str(label) for label in labels)
    pairs = {label: key_of(value) for label, value in zip(found, values, strict=False)}
    keys = {key_of(value) for value in values}
    if len(found) != len(values) or len(pairs) < len(keys):
        raise SettingsError(f"it has {len(values)} values, so it needs as many different labels.")
    return found
