"""Each dialect of the built-in Studio against what was recorded from the Studio that speaks it."""

from __future__ import annotations

from typing import Any

import pytest
from recordings import RECORDED, as_recorded, fields_of, recorded

from framepack_widgets.demo.dialects import DIALECTS
from framepack_widgets.schema import Schema
from framepack_widgets.studio import dialect as clients
from framepack_widgets.studio import wire

OWN = (
    *("/handle_start_button", "/monitor_job", "/check_for_current_job", "/update_stats"),
    *("/end_process_with_update", "/confirmed_clear_all_jobs", "/clear_completed_jobs"),
    *("/load_queue_from_json", "/refresh_gallery", "/handle_queue_action"),
)


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_endpoints_are_as_recorded(config_of: Any, name: str, side: str) -> None:
    facts = recorded(RECORDED[name])
    there = {d["api_name"] for d in config_of(name)["dependencies"] if d["api_name"]}
    for api_name in OWN:
        assert (api_name in facts) is (api_name.strip("/") in there), api_name
        if api_name in facts:
            components = fields_of(config_of(name), api_name, side)
            wanted = facts[api_name][side]
            found = [as_recorded(c, f) for c, f in zip(components, wanted, strict=True)]
            assert found == wanted, api_name


@pytest.mark.parametrize("name", RECORDED)
def test_the_folders_and_the_version_are_shown(config_of: Any, name: str) -> None:
    facts = recorded(RECORDED[name])["facts"]
    assert wire.version(config_of(name)).startswith(facts["studio_version"].split("-")[0])
    for label in facts["labels_of_textboxes_whose_value_is_a_server_path"]:
        assert wire.folder(config_of(name), label)


@pytest.mark.parametrize("name", DIALECTS)
def test_the_client_knows_it_by_what_it_has(config_of: Any, name: str) -> None:
    endpoints, schema = wire.endpoints(config_of(name)), Schema.from_config(config_of(name))
    assert clients.lacks(endpoints, schema) == []
    found = clients.detect(endpoints, schema)
    assert found.queue == ("page" if name == "0.6-html" else "table")
    assert (found.cancel_one is not None) is (name == "0.6-html")
    assert found.cache is not None
    assert found.cache.field == ("use_teacache" if name == "0.4" else "cache")


def test_tomorrow_s_studio_is_other_in_everything_but_meaning(config_of: Any) -> None:
    """A client that goes by position, number or spelling fails on it."""
    today, tomorrow = (Schema.from_config(config_of(n)) for n in ("0.5.1", "future"))
    assert set(tomorrow.names) - set(today.names) == {"motion_strength"}
    assert set(today.names) <= set(tomorrow.names)
    assert [f.name for f in tomorrow.inputs].index("motion_strength") not in (0, len(tomorrow) - 1)
    moved = [n for n in today if today[n].index != tomorrow[n].index]
    assert len(moved) > len(today) - 3
    assert sum(today[n].label != tomorrow[n].label for n in today) >= 8
    assert set(tomorrow.models) - set(today.models) == {"F2"}
    assert tomorrow["steps"].maximum != today["steps"].maximum
    outputs = [wire.endpoints(config_of(n))["monitor_job"].outputs for n in ("0.5.1", "future")]
    assert [c["type"] for c in outputs[0]] != [c["type"] for c in outputs[1]]
