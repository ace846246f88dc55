"""The presets that a Studio keeps for its own page: read, written and deleted over its endpoints.

A preset there belongs to a model; it holds what the page's sliders and texts held, no frames. Which
value is which is told by the components of the endpoints, not by their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from framepack_widgets import _loop
from framepack_widgets.errors import LibraryError, SettingsError, StudioRefused
from framepack_widgets.found_settings import Found, FoundSettings
from framepack_widgets.labels import RANDOMIZE
from framepack_widgets.presets import LONGEST_NAME
from framepack_widgets.settings import Settings
from framepack_widgets.validation import validate

if TYPE_CHECKING:
    from framepack_widgets.fields import Field
    from framepack_widgets.studio.client import StudioClient
    from framepack_widgets.studio.wire import Endpoint

_APPLY, _SAVE, _DELETE = "apply_preset", "save_preset", "delete_preset"


class StudioPresets:
    """Named settings on a Studio, for everybody who uses it. From `studio.presets`.

    Methods raise StudioRefused where this Studio has no presets, and StudioUnreachable.
    """

    def __init__(self, client: StudioClient) -> None:
        self._client = client

    @property
    def offered(self) -> bool:
        """Whether this Studio has presets; asks nothing."""
        needed = (_APPLY, _SAVE, _DELETE)
        return all(map(self._client.endpoint, needed)) and self._listing() is not None

    def all(self) -> dict[str, tuple[str, ...]]:
        """{model: names of its presets}, for models that have some."""
        listed = {model: self._names(model) for model in self._client.schema.models}
        return {model: names for model, names in listed.items() if names}

    def names(self, model: str | None = None) -> list[str]:
        """Names of a model's presets; None: of all models, each name once."""
        if model is not None:
            return list(self._names(model))
        return sorted({name for names in self.all().values() for name in names}, key=str.casefold)

    def load(self, name: str, model: str | None = None) -> FoundSettings:
        """The settings of that preset: `.settings`, and what they do not say.

        model: where several models have a preset of that name. A preset with "Randomize" on holds
        no seed. Raises LibraryError where there is none.
        """
        model = self._model_of(name, model)
        endpoint = self._require(_APPLY)
        answer = self._in_session(model, _APPLY, [name, model])
        fields = self._fields()
        values: dict[str, Any] = {"model": model}
        weights: dict[str, Any] = {}
        for component, update in zip(endpoint.outputs, answer, strict=False):
            field, value = fields.get(component.get("id")), _value(update)
            if field is None or value is None:
                continue
            if field.lora is not None:
                weights[field.lora] = value
            else:
                values[field.name] = value
        if values.pop(RANDOMIZE, None) is True:
            values.pop("seed", None)
        if isinstance(values.get("loras"), (list, tuple)):
            values["loras"] = {lora: weights.get(lora, 1.0) for lora in map(str, values["loras"])}
        source = f"the preset {name!r} for {model} on the Studio"
        return FoundSettings(source, (Found(Settings(**values)),))

    def save(self, name: str, settings: Settings) -> None:
        """Keep the settings under that name, for their model; replaces a preset of that name.

        Frames are not kept: a Studio's presets have none. Without a seed "Randomize" is on in it.
        Raises SettingsError for values that this Studio refuses, LibraryError for a name without
        letters or of more than 80 characters.
        """
        if not name.strip() or len(name) > LONGEST_NAME:
            raise LibraryError(f"A preset's name has 1 to {LONGEST_NAME} characters: {name!r:.100}")
        schema, endpoint = self._client.schema, self._require(_SAVE)
        held = {field.name for c in endpoint.inputs if (field := self._fields().get(c.get("id")))}
        kept = {n: v for n, v in settings.set_values().items() if n in held or n == "loras"}
        wanted = schema.resolve(Settings(**kept))
        problems = [
            problem
            for problem in validate(wanted, schema, check_files=False).problems
            if problem.field in held
        ]
        if problems:
            listed = "\n".join(f"  {problem}" for problem in problems)
            raise SettingsError(f"preset {name!r} was not saved, because of\n{listed}", problems)
        seed = 0 if wanted.seed is None else wanted.seed
        arguments = schema.arguments(wanted.replace(seed=seed))
        sent = {field.name: value for field, value in zip(schema.inputs, arguments, strict=True)}
        sent[RANDOMIZE] = wanted.seed is None
        data = [self._sent(component, sent, name) for component in endpoint.inputs]
        _loop.run(self._client.call(_SAVE, data))

    def delete(self, name: str, model: str | None = None) -> None:
        """Delete the preset, for everybody. Raises LibraryError where there is none."""
        model = self._model_of(name, model)
        self._require(_DELETE)
        self._in_session(model, _DELETE, [name, model])

    def __repr__(self) -> str:
        return f"<presets on the Studio at {self._client.url}>"

    # ------------------------------------------------------------------ the endpoints

    def _require(self, name: str) -> Endpoint:
        endpoint = self._client.endpoint(name)
        if endpoint is None or not self.offered:
            version = self._client.version or "version not shown"
            raise StudioRefused(
                f"This Studio ({version}) has no presets that can be reached. Keep them in the "
                "Library: the form's presets do."
            )
        return endpoint

    def _listing(self) -> str | None:
        """The nameless endpoint that tells a model's presets, by what goes in and comes out."""
        apply = self._client.endpoint(_APPLY)
        if apply is None or len(apply.inputs) != 2:
            return None
        chosen, model = (component.get("id") for component in apply.inputs)
        for name, endpoint in self._client.endpoints().items():
            ins = [component.get("id") for component in endpoint.inputs]
            outs = [component.get("id") for component in endpoint.outputs]
            if ins == [model] and outs[:1] == [chosen]:
                return name
        return None

    def _names(self, model: str) -> tuple[str, ...]:
        self._require(_APPLY)
        answer = _loop.run(self._client.call(str(self._listing()), [model]))
        return _choices(answer)

    def _model_of(self, name: str, model: str | None) -> str:
        models = [model] if model is not None else list(self._client.schema.models)
        listed = {each: self._names(each) for each in models}
        having = [each for each, names in listed.items() if name in names]
        if len(having) == 1:
            return having[0]
        if having:
            raise LibraryError(
                f"Several models have a preset {name!r}: {', '.join(having)}. Say model=..."
            )
        known = sorted({each for names in listed.values() for each in names})
        there = ", ".join(map(repr, known[:20])) or "none"
        whose = "" if model is None else f" for {model}"
        raise LibraryError(f"The Studio has no preset {name!r}{whose}. There are: {there}.")

    def _in_session(self, model: str, name: str, data: list[Any]) -> list[Any]:
        """Call it in a session that has seen the list: a server refuses other names."""
        from framepack_widgets.studio.line import new_session

        session = new_session()

        async def both() -> list[Any]:
            await self._client.call(str(self._listing()), [model], session)
            return await self._client.call(name, data, session)

        return _loop.run(both())

    def _fields(self) -> dict[Any, Field]:
        """{id of a component on the server's page: the field that it is}."""
        endpoint = self._client.endpoint("handle_start_button")
        inputs = endpoint.inputs if endpoint is not None else ()
        sent = [component for component in inputs if component.get("type") != "state"]
        fields = self._client.schema.inputs
        return {c.get("id"): field for c, field in zip(sent, fields, strict=True)}

    def _sent(self, component: Mapping[str, Any], values: Mapping[str, Any], name: str) -> Any:
        field = self._fields().get(component.get("id"))
        if field is not None:
            return values[field.name]
        if component.get("type") == "textbox":
            return name
        return (component.get("props") or {}).get("value")


def _value(update: Any) -> Any:
    """The new value in an update; None where it changes none."""
    is_update = isinstance(update, Mapping) and update.get("__type__") == "update"
    return update.get("value") if is_update else update


def _choices(answer: list[Any]) -> tuple[str, ...]:
    update = answer[0] if answer else None
    choices = update.get("choices") if isinstance(update, Mapping) else None
    pairs = choices if isinstance(choices, list) else []
    return tuple(
        str(pair[-1] if isinstance(pair, (list, tuple)) and pair else pair) for pair in pairs
    )
