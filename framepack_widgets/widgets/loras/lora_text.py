"""What the page of LoRAs says of each, and where there is none. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from framepack_widgets.fields import short_number


def items(
    offered: Iterable[str], kept: Mapping[str, Any], uses: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """A dictionary for each LoRA of the server, then for those that only have notes.

    kept: {LoRA: LoraNote}. uses: {LoRA: LoraUse}.
    """
    here = list(dict.fromkeys(offered))
    others = sorted(set(kept) - set(here), key=lambda name: (name.casefold(), name))
    return [
        _item(name, kept.get(name), uses.get(name), is_here)
        for names, is_here in ((here, True), (others, False))
        for name in names
    ]


def _item(name: str, note: Any, use: Any, is_here: bool) -> dict[str, Any]:
    return {
        "name": name,
        "here": is_here,
        "note": note.note if note is not None else "",
        "triggers": list(note.triggers) if note is not None else [],
        "weight": short_number(note.weight) if note is not None else "",
        "clips": use.clips if use is not None else 0,
        "uses": uses_line(use),
    }


def uses_line(use: Any) -> str:
    """`in 12 clips, best rated (★★★★) at 0.8`. use: a LoraUse or None."""
    if use is None or not use.clips:
        return "in no clip of the Library yet"
    counted = f"in {use.clips} clip{'' if use.clips == 1 else 's'}"
    if use.weight is None:
        return counted
    which = f"best rated ({'★' * use.stars})" if use.stars else "newest"
    return f"{counted}, {which} at {short_number(use.weight)}"


def nothing_line(count: int, folder: str | None) -> str:
    """What to say where the server offers none; "" where it does."""
    if count:
        return ""
    where = f" It looks for them in {folder}, on its own machine." if folder else ""
    return (
        f"This Studio has no LoRAs.{where} Put their files there, restart the Studio or press "
        "refresh on its page, then refresh here."
    )
