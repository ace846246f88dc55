"""Settings that a file or a Studio's preset brought, and what it does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from framepack_widgets.errors import SettingsError
from framepack_widgets.fitting import fit
from framepack_widgets.frozen import FrozenDict
from framepack_widgets.models import facts_of
from framepack_widgets.schema import Schema
from framepack_widgets.settings import KNOWN, Settings
from framepack_widgets.sidecar_settings import placeholder

FILE_FIELDS = ("start_frame", "end_frame", "video")
_NOTHING: Mapping[str, str] = FrozenDict()
_NEVER_RECORDED = ("clean_up",)  # and without effect
_CACHE_NUMBERS = {"TeaCache": "teacache_", "MagCache": "magcache_"}


@dataclass(frozen=True)
class Found:
    """The settings of one render that was found somewhere."""

    settings: Settings
    title: str = ""
    """What tells it apart where there are several; another machine's text."""
    missing: Mapping[str, str] = field(default=_NOTHING)
    """{field: sentence}: frames and videos that belong to it, and are not there."""

    @property
    def unsaid(self) -> tuple[str, ...]:
        """Names of settings that it says nothing of: the server's own defaults count for them."""
        known = self.settings.set_values()
        return tuple(n for n in KNOWN if n not in known and _is_used(n, self.settings))

    def for_schema(self, schema: Schema) -> tuple[Settings, list[str]]:
        """What the Studio with this schema takes of it, and a sentence for whatever it does not.

        A frame that is missing stays named, so that a render without it is refused.
        """
        settings, left_out = fit(_without_foreign_paths(self.settings, schema), schema)
        return settings, [*self.missing.values(), *left_out]

    def having(self, settings: Settings) -> Found:
        """The same with `settings`, in which some missing frames have been found."""
        then, now = self.settings.set_values(), settings.set_values()
        missing = {n: t for n, t in self.missing.items() if then.get(n) == now.get(n)}
        return replace(self, settings=settings, missing=missing)


@dataclass(frozen=True)
class FoundSettings:
    """What `open_settings` found: the settings of one render, or of the jobs of a queue."""

    source: str
    """Where they come from, in words; holds the file's name: escape it before showing it."""
    all: tuple[Found, ...]
    """At least one."""

    @property
    def one(self) -> Found:
        """The only one. Raises SettingsError where there are several."""
        if len(self.all) == 1:
            return self.all[0]
        listed = "\n".join(f"  all[{n}]: {found.title}" for n, found in enumerate(self.all[:20]))
        raise SettingsError(
            f"{self.source} holds the settings of {len(self.all)} jobs. Choose one:\n{listed}"
        )

    @property
    def settings(self) -> Settings:
        """The settings. Raises SettingsError where there are several: see `all`."""
        return self.one.settings

    @property
    def unsaid(self) -> tuple[str, ...]:
        """Names of settings that are not said: the server's own defaults count for them."""
        return self.one.unsaid

    def for_schema(self, schema: Schema) -> tuple[Settings, list[str]]:
        """What the Studio with this schema takes, and a sentence for whatever it does not.

        `studio.submit(found.for_schema(studio.schema)[0])` renders it as far as that goes.
        """
        return self.one.for_schema(schema)

    def __repr__(self) -> str:
        titles = "".join(f"\n  all[{n}]: {found.title}" for n, found in enumerate(self.all[:20]))
        if len(self.all) == 1:
            unsaid = ", ".join(self.unsaid) or "nothing"
            return f"<settings from {self.source}; not said: {unsaid}>"
        return f"<settings of {len(self.all)} jobs from {self.source}{titles}>"


def without_paths(
    settings: Settings, trusted: tuple[str, ...] = ()
) -> tuple[Settings, dict[str, str]]:
    """The settings without the paths that somebody's file names, and a sentence for each.

    A path in a file is one of the machine where it was written. Here it could name anything, and
    rendering would send that to the server.
    """
    missing = {}
    changes = {}
    for name in FILE_FIELDS:
        value = getattr(settings, name)
        if not isinstance(value, str) or name in trusted:
            continue
        changes[name] = placeholder(name)
        last = value.replace("\\", "/").rsplit("/", 1)[-1][:80]
        missing[name] = f"{name}: it names {last!r}, but does not hold it; choose the file here."
    return (settings.replace(**changes) if changes else settings), missing


def _without_foreign_paths(settings: Settings, schema: Schema) -> Settings:
    """The same for pictures and videos in fields that only this server has."""
    changes = {
        name: placeholder(name)
        for name, value in settings.extra.items()
        if isinstance(value, str) and name in schema and schema[name].kind in ("image", "video")
    }
    return settings.replace(**changes) if changes else settings


def _is_used(name: str, settings: Settings) -> bool:
    if name in FILE_FIELDS or name in _NEVER_RECORDED:
        return False
    if name == "use_teacache" or (name == "cache" and settings.use_teacache is not None):
        return False
    for cache, prefix in _CACHE_NUMBERS.items():
        if name.startswith(prefix):
            chosen = settings.cache or ("TeaCache" if settings.use_teacache else None)
            return chosen == cache
    facts = facts_of(settings.model)
    if name in ("context_frames", "combine_with_source"):
        return facts.takes_video
    if name == "latent_image":
        return not facts.takes_video and settings.start_frame is None
    return name != "end_frame_influence" or facts.uses_influence
