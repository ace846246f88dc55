"""The part of `Studio` that is about LoRAs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framepack_widgets.lora_notes import LoraNotes

if TYPE_CHECKING:
    from framepack_widgets.registry import Desk
    from framepack_widgets.studio.client import StudioClient


class WithLoras:
    """The LoRAs of a Studio, and what is kept about them here."""

    _client: StudioClient
    _desk: Desk

    @property
    def loras(self) -> tuple[str, ...]:
        """The LoRAs it offers, as `Settings.loras` takes them."""
        return self._client.schema.loras

    @property
    def lora_folder(self) -> str | None:
        """Where the server looks for LoRAs, a path on its machine; None: not told."""
        return self._client.lora_folder

    @property
    def lora_notes(self) -> LoraNotes:
        """Notes, trigger words and weights of LoRAs, kept in the Library by their names."""
        return LoraNotes(self._desk.library.path)
