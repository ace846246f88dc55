"""Presets of the built-in Studio's page: values of the form under a name, for each model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from .compat import private

if TYPE_CHECKING:
    from .features import Context

_NOT_KEPT = frozenset({"model", "start", "video", "end", "clean_up"})


def add_presets(context: Context) -> None:
    """A list of presets, and what saves, applies and deletes them."""
    form = context.page.form
    weights = dict(zip(form.lora_names.value or [], form.lora_weights, strict=False))
    kept = {name: part for name, part in form.fields.items() if name not in _NOT_KEPT}
    presets = _Presets(context.folders.root / ".framepack", list(kept), list(weights))
    parts = [*kept.values(), *weights.values()]
    with gr.Accordion("Original Presets", open=False) as accordion:
        chosen = gr.Dropdown(label="Select Preset", choices=presets.names("Original"))
        with gr.Row():
            name = gr.Textbox(label="Preset Name", placeholder="Enter a name for your preset")
            save = gr.Button("💾 Save")
            delete = gr.Button("🗑️ Delete", variant="stop")
        with gr.Row(visible=False) as sure:
            gr.Markdown("### Delete this preset?")
            yes, no = gr.Button("✅ Yes, Delete", variant="stop"), gr.Button("❌ No, Go Back")
    # An endpoint without a name of its own: Gradio calls it "lambda", as a Studio's is called.
    form["model"].change(
        lambda model: (
            gr.update(choices=presets.names(model)),
            gr.update(label=f"{model} Presets"),
        ),
        [form["model"]],
        [chosen, accordion],
    )
    which = [chosen, form["model"]]
    chosen.select(presets.apply_preset, which, parts, api_name="apply_preset")
    save.click(presets.save_preset, [name, form["model"], *parts], [chosen], api_name="save_preset")
    delete.click(_asked, None, [save, sure], **private("ask_delete_preset"))
    no.click(_answered, None, [save, sure], **private("keep_preset"))
    yes.click(presets.delete_preset, which, [chosen, save, sure], api_name="delete_preset")


class _Presets:
    """`generation_presets.json`: {model: {name: {part: value}}}, read anew for each answer."""

    def __init__(self, folder: Path, keys: list[str], loras: list[str]) -> None:
        self._file = folder / "generation_presets.json"
        self._keys, self._loras = keys, loras

    def names(self, model: str) -> list[str]:
        return list(self._read().get(model, {}))

    def apply_preset(self, name: str | None, model: str) -> Any:
        """A new value for each part that the preset holds; the others stay."""
        values = self._read().get(model, {}).get(name, {})
        weights = values.get("lora_values", {})
        updates = [gr.update(value=values[k]) if k in values else gr.update() for k in self._keys]
        updates += [
            gr.update(value=weights[n]) if n in weights else gr.update() for n in self._loras
        ]
        return updates

    def save_preset(self, name: str, model: str, *values: Any) -> Any:
        """Keep the values of all parts, and the weights of the chosen LoRAs."""
        if not name:
            return gr.update()
        held = dict(zip([*self._keys, *self._loras], values, strict=True))
        chosen = held.get("loras") or []
        data = self._read()
        data.setdefault(model, {})[name] = {
            **{key: held[key] for key in self._keys},
            "lora_values": {lora: held[lora] for lora in chosen if lora in held},
        }
        self._write(data)
        return gr.update(choices=self.names(model), value=name)

    def delete_preset(self, name: str | None, model: str) -> tuple[Any, Any, Any]:
        """Forget the preset."""
        data = self._read()
        data.get(model, {}).pop(name, None)
        self._write(data)
        return gr.update(choices=self.names(model), value=None), *_answered()

    def _read(self) -> dict[str, Any]:
        if not self._file.exists():
            return {}
        found: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        return found

    def _write(self, data: dict[str, Any]) -> None:
        self._file.parent.mkdir(exist_ok=True)
        self._file.write_text(json.dumps(data, indent=2), encoding="utf-8")


def _asked() -> tuple[Any, Any]:
    return gr.update(visible=False), gr.update(visible=True)


def _answered() -> tuple[Any, Any]:
    return gr.update(visible=True), gr.update(visible=False)
