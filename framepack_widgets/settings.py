"""Everything that defines one render, immutable and comparable.

Settings hold what the user chose and nothing else: None means "not set", and the server's own
default rules. They refuse nothing; what a particular Studio cannot render, `validation.py` says.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import keyword
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from framepack_widgets.frozen import FrozenDict, freeze, plain
from framepack_widgets.images import DATA_URL, ImageData

__all__ = ["IMAGE_FIELDS", "KNOWN", "MAX_SEED", "ImageData", "Settings"]

MAX_SEED = 2**53 - 1  # the largest number that survives a web page's floats

_NO_EXTRA: Mapping[str, Any] = FrozenDict()


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class Settings:
    """Everything that defines one render; what is None is left to the server's own default.

    Names stand for labels of FramePack Studio's page (`labels.py`); names this package does not
    know are kept in `extra` and read as attributes too. Ranges are those of Studio 0.5.1: the
    server's own `Schema` has the last word.
    """

    model: str | None = None
    """Which way of generating: "Original", "F1", "Video" ... ("Generation Type")."""
    start_frame: str | ImageData | None = None
    """First picture of the clip: a path or an image. Without one the render starts from
    `latent_image`. Ignored by the Video models. (source: pipelines/original_pipeline.py)"""
    video: str | None = None
    """Path of the video that a Video model goes on from."""
    end_frame: str | ImageData | None = None
    """Picture the clip moves towards; only the "... with Endframe" models look at it."""
    end_frame_influence: float | None = None
    """How strongly `end_frame` pulls, 0.05 to 1. Only "Original with Endframe" uses it."""
    prompt: str | None = None
    """What happens, optionally timed: "[0s: it looks up] [2s: it yawns]" (see `prompt.py`)."""
    negative_prompt: str | None = None
    """What should not happen. Without effect while `cfg_scale` is 1."""
    seed: int | None = None
    """Start of the random numbers, 0 to 2**53 - 1; None: one is drawn when it is submitted."""
    seconds: float | None = None
    """Length asked for, s, 1 to 120; rounded to whole sections (see `length.py`)."""
    latent_window_size: int | None = None
    """Latent frames in a section, 1 to 33; the models were trained with 9."""
    steps: int | None = None
    """Diffusion steps in every section, 1 to 100."""
    cfg_scale: float | None = None
    """Real classifier-free guidance, 1 to 3; above 1 every step is computed twice."""
    distilled_cfg_scale: float | None = None
    """Guidance distilled into the model, 1 to 32."""
    cfg_rescale: float | None = None
    """How much of real guidance's contrast is taken back, 0 to 1. Without effect at CFG 1."""
    cache: str | None = None
    """Which steps may be estimated: "MagCache", "TeaCache" or the text "None"."""
    teacache_steps: int | None = None
    """TeaCache: intermediate sections that are kept, 1 to 50."""
    teacache_threshold: float | None = None
    """TeaCache: relative L1 distance below which a step is estimated, 0.01 to 1."""
    magcache_threshold: float | None = None
    """MagCache: tolerated error, 0.01 to 1."""
    magcache_max_skips: int | None = None
    """MagCache: steps estimated in a row, 1 to 5."""
    magcache_retention: float | None = None
    """MagCache: share of the first steps that is never estimated, 0 to 1."""
    blend_sections: int | None = None
    """Blending between the parts of a timed prompt, 0 to 10; 0: none."""
    latent_image: str | None = None
    """What to start from without a start frame: "Noise", "White", "Black", "Green Screen"."""
    clean_up: bool | None = None
    """Delete shorter files at the end. Accepted and ignored: the server's own setting rules."""
    loras: Mapping[str, float] | None = None
    """LoRAs to load, {name: weight}, weight 0 to 2. {} means none."""
    width: int | None = None
    """px, 128 to 768, snapped to a fixed list (see `length.snapped_size`)."""
    height: int | None = None
    """px, 128 to 768; only without a start frame."""
    combine_with_source: bool | None = None
    """Video models: also write the source and the new part as one file."""
    context_frames: int | None = None
    """Video models: latent frames of the source that stay in view, 2 to 10."""
    use_teacache: bool | None = None
    """Studio 0.4: TeaCache on or off; later versions have `cache`."""
    extra: Mapping[str, Any] = _NO_EXTRA
    """Fields that this package does not know, by name; newer Studios may have them."""

    __signature__: ClassVar[inspect.Signature]

    def __init__(self, /, **values: Any) -> None:
        """Any known field and, by the schema's name for it, any other field of a server.

        Frames may be paths, PIL images or arrays (H, W, 3 or 4) uint8. None means: not set.
        """
        extra = dict(values.pop("extra", None) or {})
        extra.update((name, values.pop(name)) for name in list(values) if name not in KNOWN)
        for name in KNOWN:
            object.__setattr__(self, name, _normal(name, values.get(name)))
        kept = {name: _normal(name, v) for name, v in extra.items() if v is not None}
        object.__setattr__(self, "extra", FrozenDict(kept) if kept else _NO_EXTRA)

    def __getattr__(self, name: str) -> Any:
        extra: Mapping[str, Any] = self.__dict__.get("extra", _NO_EXTRA)
        if name in extra:
            return extra[name]
        raise AttributeError(f"these settings have no {name!r}; set are: {_names(self.__dict__)}")

    def replace(self, /, **values: Any) -> Settings:
        """New settings with these values in place of the old ones; None unsets a value."""
        extra = {**self.extra, **dict(values.pop("extra", None) or {})}
        return Settings(**{**self._known_values(), **extra, **values})

    def set_values(self) -> dict[str, Any]:
        """What is set, {name: value}: known fields in their order, then the others."""
        return {**self._known_values(), **self.extra}

    def _known_values(self) -> dict[str, Any]:
        return {n: v for n in KNOWN if (v := self.__dict__[n]) is not None}

    def to_dict(self) -> dict[str, Any]:
        """What is set, made of what JSON knows; images become data URLs."""
        return {name: plain(value) for name, value in self.set_values().items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Settings:
        """The settings that `to_dict` wrote."""
        return cls(**data)

    def to_json(self) -> str:
        """One line of JSON; `from_json` gives back equal settings."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """The settings that `to_json` wrote. Raises ValueError for text that holds none."""
        data = json.loads(text)
        if not isinstance(data, dict):
            kind = type(data).__name__
            raise ValueError(f"not settings: JSON of a {kind}, not of an object")  # noqa: TRY004
        return cls.from_dict(data)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Settings:
        """The settings kept in a clip, in the JSON beside it, or in a Studio's own PNG or JSON.

        Raises SettingsError where the file holds none.
        """
        from framepack_widgets.provenance import read_settings

        return read_settings(path)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Settings):
            return NotImplemented
        return self.set_values() == other.set_values()

    def __hash__(self) -> int:
        items = self.set_values().items()
        try:
            return hash(frozenset(items))
        except TypeError:  # a value of a type no Studio takes
            return hash(repr(sorted((name, repr(value)) for name, value in items)))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.set_values(),)

    def __repr__(self) -> str:
        return f"Settings({', '.join(_keywords(self.set_values()))})"

    def as_python(self) -> str:
        """The call that renders these settings again, as text to paste into a cell.

        Images that live in memory appear as a variable of the field's name.
        """
        values = self.set_values()
        if not values:
            return "studio.submit()"
        lines = [f"    {word}," for word in _keywords(values, images_by_name=True)]
        return "\n".join(["studio.submit(", *lines, ")"])


KNOWN: tuple[str, ...] = tuple(f.name for f in dataclasses.fields(Settings) if f.name != "extra")
IMAGE_FIELDS = frozenset({"start_frame", "end_frame"})

Settings.__signature__ = inspect.Signature(
    [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=f.type)
        for f in dataclasses.fields(Settings)
        if f.name != "extra"
    ]
    + [inspect.Parameter("extra", inspect.Parameter.VAR_KEYWORD, annotation="Any")]
)


def _normal(name: str, value: Any) -> Any:
    may_be_image = name in IMAGE_FIELDS or name not in KNOWN
    if may_be_image and isinstance(value, str) and value.startswith(DATA_URL):
        try:
            return ImageData.from_data_url(value)
        except ValueError:
            return value  # a text that only begins like one
    return freeze(value)


def _keywords(values: Mapping[str, Any], *, images_by_name: bool = False) -> list[str]:
    """`name=value` texts that Python reads; names that are no identifiers come as one `**{...}`."""
    words, other = [], {}
    for name, value in values.items():
        if not name.isidentifier() or keyword.iskeyword(name):
            other[name] = value
        elif images_by_name and isinstance(value, ImageData):
            words.append(f"{name}={name}")
        else:
            words.append(f"{name}={value!r}")
    return [*words, f"**{other!r}"] if other else words


def _names(values: Mapping[str, Any]) -> str:
    return ", ".join(n for n in KNOWN if values.get(n) is not None) or "no fields"


def _rebuilt(values: dict[str, Any]) -> Settings:
    return Settings(**values)
