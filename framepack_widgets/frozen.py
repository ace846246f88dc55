"""Values that cannot change: what Settings are made of."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, TypeVar

from framepack_widgets.images import ImageData, NotAnImage, is_array, is_pil

V = TypeVar("V")
_UNCHANGING = frozenset({type(None), str, int, float, bool})


class FrozenDict(Mapping[str, V]):
    """An immutable mapping: equal to a dict with the same items, hashable where its values are."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, V] | None = None) -> None:
        object.__setattr__(self, "_items", dict(items or {}))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed; make a new one")

    def __getitem__(self, key: str) -> V:
        value: V = self._items[key]  # type: ignore[attr-defined]
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)  # type: ignore[attr-defined]

    def __len__(self) -> int:
        return len(self._items)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(frozenset(self.items()))

    def __repr__(self) -> str:
        return repr(self._items)  # type: ignore[attr-defined]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


def freeze(value: Any) -> Any:
    """The same value in a form that cannot change.

    Lists and ranges become tuples, sets sorted tuples, mappings FrozenDicts, paths str, numpy
    scalars Python numbers, images ImageData (or NotAnImage, which validation reports). Anything
    else is returned as it is.
    """
    if type(value) in _UNCHANGING:  # nearly every value, and a sweep makes many Settings
        return value
    if (is_array(value) and value.shape != ()) or is_pil(value):
        try:
            return ImageData.of(value)
        except ValueError as exc:
            return NotAnImage(str(exc))
    if type(value).__module__ == "numpy":  # np.float64 is a float, too, but its repr is not
        return value.item() if hasattr(value, "item") else value
    if isinstance(value, Enum):
        return freeze(value.value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, Mapping):
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    if isinstance(value, (list, tuple, range)):
        return tuple(freeze(item) for item in value)
    if isinstance(value, (set, frozenset)):
        return tuple(sorted((freeze(item) for item in value), key=repr))
    return value


def plain(value: Any) -> Any:
    """The same value in a form that JSON knows; `freeze` turns it back."""
    if isinstance(value, ImageData):
        return value.to_data_url()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return repr(value)  # nothing a Studio takes; kept readable for whoever looks
