"""What a Studio's submit endpoint takes: read from its Gradio config, turned into arguments.

Servers differ in version and in their LoRA files, so nothing here goes by position: inputs are
found by label, and the order of the arguments is the server's own list of inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from framepack_widgets.errors import NotAStudio
from framepack_widgets.fields import Field, read_component
from framepack_widgets.frozen import FrozenDict
from framepack_widgets.images import ImageData
from framepack_widgets.labels import RANDOMIZE, bare, known_name, own_name
from framepack_widgets.settings import Settings

# A Studio with exactly one LoRA adds an entry of one blank, "temporarily" (modules/__init__.py,
# DUMMY_LORA_NAME); it stands for nothing.
DUMMY_LORA = " "
_ESSENTIAL = ("model", "prompt")  # anything else may be called differently one day
_NO_OVERRIDES: Mapping[str, Any] = FrozenDict()


@dataclass(frozen=True, repr=False)
class Schema:
    """The inputs of one Studio. Immutable; iterating gives the names a user may set."""

    inputs: tuple[Field, ...]
    """Everything a client sends, in order, also what no user sees."""

    @classmethod
    def from_config(
        cls,
        config: Mapping[str, Any],
        api_name: str = "/handle_start_button",
        *,
        complete: bool = True,
    ) -> Schema:
        """The schema in a Gradio config, as `gradio_client.Client.config` holds it.

        Raises NotAStudio, naming what is missing, where this is no Studio's config. complete: False
        accepts one without the inputs that a Studio needs, for whoever looks at that itself.
        """
        sent = _sent_components(config, api_name)
        loras = _lora_values(sent)
        taken = {name for c in sent if (name := known_name(_label(c)))}
        used: set[str] = set()
        inputs = []
        for index, component in enumerate(sent):
            lora = _lora_of(component, loras)
            name = None if lora is not None else known_name(_label(component))
            if name is None or name in used:
                name = own_name(_label(component), index, taken | used)
            used.add(name)
            hint = None if lora is None else "weight"
            inputs.append(
                replace(read_component(hint, component, name=name, index=index), lora=lora)
            )
        missing = [name for name in _ESSENTIAL if name not in used]
        if missing and complete:
            raise NotAStudio(
                f"{api_name} of this server has no input for {', '.join(missing)}, "
                "so it is no FramePack Studio that this package knows. Check the address."
            )
        return cls(tuple(inputs))

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """What a user may set, in the server's order, LoRA weights included."""
        return tuple(f for f in self.inputs if f.name != RANDOMIZE and f.lora != DUMMY_LORA)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of `fields` that `Settings` takes; weights go into `loras`."""
        return tuple(f.name for f in self.fields if f.lora is None)

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The models on offer."""
        return tuple(str(value) for value in self["model"].values) if "model" in self else ()

    @cached_property
    def loras(self) -> tuple[str, ...]:
        """The LoRAs on that server, by the name it gives them."""
        offered = self["loras"].values if "loras" in self else ()
        return tuple(str(value) for value in offered if value != DUMMY_LORA)

    @cached_property
    def lora_fields(self) -> tuple[Field, ...]:
        """The weight sliders, one a LoRA."""
        return tuple(f for f in self.fields if f.lora is not None)

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {f.name: f for f in self.fields if f.lora is None}

    def __getitem__(self, name: str) -> Field:
        return self._by_name[name]

    def get(self, name: str) -> Field | None:
        """The field of that name, or None where this Studio has none."""
        return self._by_name.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def resolve(self, settings: Settings) -> Settings:
        """Settings with this server's default wherever nothing was set.

        Values become what the server writes for them ("original" -> "Original"). An unset seed
        stays unset, so do frames. Fields that this server lacks are kept: validation reports them.
        """
        values = settings.set_values()
        for name, field in self._by_name.items():
            if name == "loras":
                values[name] = self._weights(settings.loras)
            elif name in values:
                values[name] = field.canonical(values[name])
            elif name != "seed" and field.kind not in ("image", "video"):
                values[name] = field.canonical(field.default)
        return Settings(**values)

    def arguments(
        self, settings: Settings, *, overrides: Mapping[str, Any] = _NO_OVERRIDES
    ) -> list[Any]:
        """What a client sends for these settings, in the server's order.

        The server's default stands for what is not set. Frames stay what the Settings hold (a path,
        an ImageData or None): whoever uploads them passes the result in `overrides`, {field name:
        value}, which win over everything. Raises ValueError without a seed, or for a field that
        this server does not have.
        """
        values = {**settings.set_values(), **overrides}
        strange = [name for name in settings.set_values() if name not in self]
        strange += [name for name in overrides if name not in {f.name for f in self.inputs}]
        if strange:
            raise ValueError(f"this Studio has no field {', '.join(strange)}; validate first")
        if "seed" in self and values.get("seed") is None:
            raise ValueError("the seed is not set; draw one before asking for the arguments")
        weights = self._weights(settings.loras)
        return [self._argument(field, values, overrides, weights) for field in self.inputs]

    def _argument(
        self,
        field: Field,
        values: Mapping[str, Any],
        overrides: Mapping[str, Any],
        weights: Mapping[str, float],
    ) -> Any:
        if field.name == RANDOMIZE:
            return False
        if field.name in overrides:
            return overrides[field.name]
        if field.name == "loras":
            return list(weights)
        if field.lora is not None:
            return weights.get(field.lora, field.default)
        return _thawed(field.canonical(values.get(field.name, field.default)))

    def _weights(self, loras: Any) -> Any:
        """{LoRA: weight} in the server's order; a value that is no mapping is handed through."""
        fields = {f.lora: f for f in self.lora_fields}
        if loras is None:
            chosen = self["loras"].default if "loras" in self else None
            return FrozenDict(
                {name: fields[name].default for name in chosen or () if name in fields}
            )
        if not isinstance(loras, Mapping):
            return loras
        known = [name for name in self.loras if name in loras]
        order = known + [name for name in loras if name not in known]
        return FrozenDict(
            {n: fields[n].canonical(loras[n]) if n in fields else loras[n] for n in order}
        )

    def diff(self, other: Schema) -> list[str]:
        """What is different in `other`, a later look at the server, in sentences."""
        from framepack_widgets.schema_text import differences

        return differences(self, other)

    def to_dict(self) -> dict[str, Any]:
        """Made of what JSON knows, for keeping in a library."""
        return {"inputs": [field.to_dict() for field in self.inputs]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Schema:
        """The schema that `to_dict` wrote."""
        return cls(tuple(Field.from_dict(item) for item in data["inputs"]))

    def __repr__(self) -> str:
        from framepack_widgets.schema_text import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from framepack_widgets.schema_text import as_html

        return as_html(self)


def _sent_components(config: Mapping[str, Any], api_name: str) -> list[Mapping[str, Any]]:
    """The components whose values a client sends; it never sends those of type state."""
    wanted = api_name.strip("/")
    calls = config.get("dependencies") or ()
    for call in calls:
        if str(call.get("api_name") or "").strip("/") == wanted:
            break
    else:
        raise NotAStudio(
            f"this server has no endpoint /{wanted} ({len(calls)} others), so it is no FramePack "
            "Studio. Check the address."
        )
    by_id = {component.get("id"): component for component in config.get("components") or ()}
    lost = [number for number in call.get("inputs") or () if number not in by_id]
    if lost:
        raise NotAStudio(f"the config of this server names inputs it does not describe: {lost}")
    inputs = [by_id[number] for number in call.get("inputs") or ()]
    return [component for component in inputs if component.get("type") != "state"]


def _label(component: Mapping[str, Any]) -> str:
    return str((component.get("props") or {}).get("label") or "")


def _lora_values(components: list[Mapping[str, Any]]) -> list[str]:
    for index, component in enumerate(components):
        if known_name(_label(component)) == "loras":
            field = read_component(None, component, name="loras", index=index)
            return [str(value) for value in field.values]
    return []


def _lora_of(component: Mapping[str, Any], loras: list[str]) -> str | None:
    """The LoRA whose weight this slider sets, if it is one.

    LoRA names may differ in nothing but punctuation, so the label as it is counts most.
    """
    label = _label(component)
    if component.get("type") != "slider" or known_name(label) is not None:
        return None
    for form in (str, _tidy, bare):
        wanted = form(label)
        alike = [lora for lora in loras if form(f"{lora} Weight") == wanted]
        if len(alike) == 1:
            return alike[0]
    return None


def _tidy(label: str) -> str:
    """The label without case, needless blanks and what may stand at its end."""
    return " ".join(label.casefold().split()).rstrip(" :.*")


def _thawed(value: Any) -> Any:
    """What `freeze` made immutable, as the lists and dicts that go over the wire."""
    if isinstance(value, ImageData):
        return value
    if isinstance(value, Mapping):
        return {key: _thawed(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_thawed(item) for item in value]
    return value
