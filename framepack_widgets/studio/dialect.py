"""What differs between versions of FramePack Studio, as data, and which of it a server has. Pure.

Nothing here goes by a version number: forks, branches and tomorrow's Studio share numbers and not
behaviour. A server is known by the endpoints and components of its config.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from framepack_widgets.frozen import FrozenDict

SUBMIT = "handle_start_button"
ESSENTIAL = (SUBMIT, "check_for_current_job", "monitor_job", "update_stats")
"""Endpoints without which nothing can be rendered and followed."""
END_CURRENT = "end_process_with_update"


@dataclass(frozen=True)
class CancelCall:
    """An endpoint that takes one job out of the server's queue, other people's jobs untouched."""

    endpoint: str
    action: Mapping[str, str]
    """What to say, beside the job's full id."""
    id_key: str

    def payload(self, server_id: str) -> str:
        """The text that goes into the endpoint's text box."""
        return json.dumps({**self.action, self.id_key: server_id})


CANCEL_CALLS = (
    # 0.6-dev with the queue as a page.
    CancelCall("handle_queue_action", FrozenDict({"action": "cancel"}), "job_id"),
)

TEACACHE = ("teacache_steps", "teacache_threshold")
MAGCACHE = ("magcache_threshold", "magcache_max_skips", "magcache_retention")


@dataclass(frozen=True)
class Cache:
    """One choice of how steps may be estimated."""

    value: str | bool
    """What the field that decides holds."""
    uses: tuple[str, ...]
    """The numbers that this choice looks at; those of the others change nothing."""
    carrier: str | None
    """A number that this choice makes inert and the sidecar records raw; see `stamp`."""


@dataclass(frozen=True)
class CacheSwitch:
    """How a version says which cache is used, and how its sidecar tells it."""

    field: str
    """The field that decides."""
    choices: tuple[Cache, ...]
    told_by: tuple[tuple[str, str | bool], ...]
    """(key of the sidecar, value of the field while that key is true), most telling first."""
    otherwise: str | bool
    """The value while none of these keys is true."""

    def choice(self, value: object) -> Cache | None:
        """What is known of that value of the deciding field; case does not count."""
        wanted = _plain(value)
        return next((c for c in self.choices if _plain(c.value) == wanted), None)

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the sidecar that tell the choice."""
        return frozenset(key for key, _ in self.told_by)

    def unused(self, value: object) -> tuple[str, ...]:
        """The numbers that change nothing while the deciding field holds that value."""
        choice = self.choice(value)
        if choice is None:
            return ()
        return tuple(name for name in TEACACHE + MAGCACHE if name not in choice.uses)


# From the sources: worker.py sets up only the chosen cache with its numbers, and metadata_utils.py
# records all of them whichever is chosen. CFG Re-Scale at CFG 1 is no carrier: it still rounds.
CACHE_SWITCHES = (
    CacheSwitch(  # 0.5.1 and later
        "cache",
        (
            Cache("MagCache", MAGCACHE, "teacache_threshold"),
            Cache("TeaCache", TEACACHE, "magcache_threshold"),
            Cache("None", (), "teacache_threshold"),
        ),
        (("use_magcache", "MagCache"), ("use_teacache", "TeaCache")),
        "None",
    ),
    CacheSwitch(  # 0.4: while it is on, nothing is inert
        "use_teacache",
        (Cache(True, TEACACHE, None), Cache(False, (), "teacache_threshold")),
        (("use_teacache", True),),
        False,
    ),
)


def switch_among(fields: Collection[str] | Mapping[str, Any] | Any) -> CacheSwitch | None:
    """The switch that a server with these fields (names, or a Schema) has."""
    return next((switch for switch in CACHE_SWITCHES if switch.field in fields), None)


def switch_of_sidecar(facts: Mapping[str, Any]) -> CacheSwitch | None:
    """The switch of the version that wrote a sidecar: the first all of whose keys are in it."""
    return next((switch for switch in CACHE_SWITCHES if switch.keys <= facts.keys()), None)


@dataclass(frozen=True)
class Dialect:
    """What one server has of all that."""

    queue: str
    """How it shows its queue: "table", "page" or "" (not at all)."""
    cancel_one: CancelCall | None
    """How one pending job is cancelled; None: it cannot be."""
    cache: CacheSwitch | None
    ends_current: bool
    """Whether what runs can be ended."""
    has_gallery: bool
    """Whether it lists its renders."""

    @property
    def name(self) -> str:
        """Which known version that is like, in words; for people, never to decide by."""
        if self.cache is None:
            return "unknown"
        if self.cache.field == "use_teacache":
            return "0.4"
        if self.queue == "page":
            return "0.6, queue as a page" + (", jobs cancelled singly" if self.cancel_one else "")
        return "0.5.1 or 0.6, queue as a table"


def detect(endpoints: Mapping[str, Any], fields: Iterable[str]) -> Dialect:
    """The dialect of a server with these endpoints (`wire.endpoints`) and fields (`Schema`)."""
    stats = endpoints.get("update_stats")
    kinds = {str(item.get("type")) for item in stats.outputs} if stats is not None else set()
    return Dialect(
        queue="table" if "dataframe" in kinds else "page" if "html" in kinds else "",
        cancel_one=next((call for call in CANCEL_CALLS if call.endpoint in endpoints), None),
        cache=switch_among(set(fields)),
        ends_current=END_CURRENT in endpoints,
        has_gallery="refresh_gallery" in endpoints,
    )


def lacks(endpoints: Mapping[str, Any], fields: Collection[str]) -> list[str]:
    """Everything that a server would need and has not, in words; empty: it can be used."""
    missing = [f"the endpoint /{name}" for name in ESSENTIAL if name not in endpoints]
    submit = endpoints.get(SUBMIT)
    if submit is None:
        return missing
    missing += [f"an input for the {name}" for name in ("model", "prompt") if name not in fields]
    for name, needed, kind in (
        (SUBMIT, "the new job's id", "textbox"),
        ("check_for_current_job", "the running job's id", "textbox"),
        ("check_for_current_job", "the newest video", "video"),
        ("monitor_job", "the finished video", "video"),
        ("monitor_job", "the status text", "markdown"),
    ):
        endpoint = endpoints.get(name)
        if endpoint is None:
            continue
        if not any(component.get("type") == kind for component in endpoint.outputs):
            missing.append(f"{needed} in the answer of /{name} (a {kind})")
    return missing


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return value
    return value.strip().casefold() if isinstance(value, str) else None
