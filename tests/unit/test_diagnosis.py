"""What a refused call means: a no to the call itself, or to whoever stands at the door."""

from __future__ import annotations

import httpx
import pytest

from framepack_widgets.errors import StudioRefused, StudioUnreachable
from framepack_widgets.studio.diagnosis import check_call
from framepack_widgets.studio.protocol import CallRefused

ROOT = "http://127.0.0.1:7860"
ASKED = httpx.Request("POST", ROOT)


@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_no_to_the_call_itself_is_final(status):
    response = httpx.Response(status, json={"detail": "No function index given"}, request=ASKED)
    with pytest.raises(CallRefused, match="No function index given"):
        check_call(response, ROOT)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (httpx.Response(401, json={"detail": "Not authenticated"}, request=ASKED), StudioRefused),
        (httpx.Response(413, text="too large", request=ASKED), StudioRefused),
        (httpx.Response(502, text="<html>bad</html>", request=ASKED), StudioUnreachable),
    ],
)
def test_a_no_at_the_door_may_pass(response, kind):
    with pytest.raises(kind) as caught:
        check_call(response, ROOT)
    assert not isinstance(caught.value, CallRefused)


def test_a_taken_call_is_fine():
    check_call(httpx.Response(200, json={"event_id": "1"}), ROOT)
