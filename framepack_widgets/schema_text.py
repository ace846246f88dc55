"""How a Schema shows itself: as a table in text or HTML, and as sentences about what changed."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from framepack_widgets.fields import Field, short_number

if TYPE_CHECKING:
    from framepack_widgets.schema import Schema

_LONGEST = 60
_HEADINGS = ("name", "label", "kind", "default", "range", "step", "choices", "help")

_LEFT = 'style="text-align:left"'  # a notebook's own style puts cells to the right


def as_text(schema: Schema) -> str:
    """A table with one line a field."""
    rows = [_HEADINGS[:5], *(_cells(field)[:5] for field in schema.fields)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows)
    return f"{_summary(schema)}\n" + "\n".join(lines)


def as_table(schema: Schema) -> list[tuple[str, ...]]:
    """The headings, then one row a field: texts of another machine, to be escaped."""
    return [_HEADINGS, *(_cells(field) for field in schema.fields)]


def as_html(schema: Schema) -> str:
    """A table with one row a field; all of it is another machine's text, and escaped."""
    head = "".join(f"<th {_LEFT}>{name}</th>" for name in _HEADINGS)
    body = "".join(
        "<tr>"
        + "".join(f"<td {_LEFT}>{html.escape(cell)}</td>" for cell in _cells(field))
        + "</tr>"
        for field in schema.fields
    )
    return (
        f"<p>{html.escape(_summary(schema))}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def differences(old: Schema, new: Schema) -> list[str]:
    """What `new` has that `old` had not, and the other way round, one sentence each."""
    said = [f"{f.name} is gone ({f.label!r})." for n in old if n not in new for f in [old[n]]]
    said += [f"{f.name} is new ({f.label!r})." for n in new if n not in old for f in [new[n]]]
    for name in old:
        if name in new and name != "loras":
            said += _changes(old[name], new[name])
    said += [f"LoRA {name!r} is gone." for name in old.loras if name not in new.loras]
    said += [f"LoRA {name!r} is new." for name in new.loras if name not in old.loras]
    weights = {field.lora: field for field in old.lora_fields}
    for field in new.lora_fields:
        if field.lora in weights:
            said += _changes(weights[field.lora], field)
    return said


def _changes(old: Field, new: Field) -> list[str]:
    name = f"weight of LoRA {new.lora!r}" if new.lora else new.name
    said = [f"{name}: choice {v!r} is gone." for v in old.values if v not in new.values]
    said += [f"{name}: choice {v!r} is new." for v in new.values if v not in old.values]
    pairs = (
        ("kind", old.kind, new.kind),
        ("range", old.range_text(), new.range_text()),
        ("step", short_number(old.step), short_number(new.step)),
        ("default", shortened(old.default), shortened(new.default)),
        ("label", shortened(old.label), shortened(new.label)),
    )
    said += [f"{name}: {w} was {a or 'none'}, is {b or 'none'}." for w, a, b in pairs if a != b]
    if old.default != new.default and shortened(old.default) == shortened(new.default):
        said.append(f"{name}: default has changed.")
    return said


def shortened(value: Any, longest: int = _LONGEST) -> str:
    """A value on one line of at most `longest` characters; "" for None."""
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _cells(field: Field) -> tuple[str, ...]:
    return (
        f"loras[{shortened(field.lora)!r}]" if field.lora is not None else field.name,
        shortened(field.label),
        field.kind,
        shortened(field.default),
        field.range_text(),
        short_number(field.step),
        shortened(", ".join(str(value) for value in field.values if str(value).strip())),
        shortened(field.help, 2 * _LONGEST),
    )


def _summary(schema: Schema) -> str:
    return (
        f"{len(schema)} fields, {len(schema.models)} models, "
        f"{len(schema.loras)} LoRA{'' if len(schema.loras) == 1 else 's'}"
    )
