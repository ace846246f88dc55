"""What may be typed for an address, and that a password in it is never shown."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets.errors import StudioUnreachable
from framepack_widgets.studio import address
from framepack_widgets.studio.address import Address, is_local, parse

LOCAL = "http://127.0.0.1:7860"


@pytest.mark.parametrize(
    ("typed", "root"),
    [
        (LOCAL, LOCAL),
        (LOCAL + "/", LOCAL),
        (f"  '{LOCAL}'  ", LOCAL),
        ("127.0.0.1:7860", LOCAL),
        ("localhost:7860/", "http://localhost:7860"),
        ("7860", LOCAL),
        (":7860", LOCAL),
        ("7860/", LOCAL),
        ("0.0.0.0:7860", LOCAL),
        ("http://0.0.0.0:7860/studio/", LOCAL + "/studio"),
        ("http://[::1]:7860", "http://[::1]:7860"),
        ("[::]:7860", "http://[::1]:7860"),
        ("http:/localhost:7860", "http://localhost:7860"),
        ("http//localhost:7860", "http://localhost:7860"),
        ("HTTP://Studio.Example:7860", "http://studio.example:7860"),
        ("https://gpu.example", "https://gpu.example"),
        ("https://gpu.example/studio/?__theme=dark#top", "https://gpu.example/studio"),
        ("https://gpu.example/studio/gradio_api/", "https://gpu.example/studio"),
        ("gpu.example/studio", "http://gpu.example/studio"),
    ],
)
def test_what_may_be_typed(typed: str, root: str) -> None:
    assert parse(typed) == Address(root)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "http://",
        "ftp://gpu.example",
        "file:///tmp/x",
        "http://gpu.example:seven",
        "http://gpu.example:99999",
        "99999",
        "http://gpu.example:0",
        "http://[::1",
        "my studio:7860",
        "http://user@:7860",
    ],
)
def test_what_is_no_address_says_what_one_looks_like(typed: str) -> None:
    with pytest.raises(StudioUnreachable, match=r"no address.*http://127\.0\.0\.1:7860"):
        parse(typed)


def test_credentials_are_taken_out_of_the_url_at_once() -> None:
    found = parse("https://me:p%40ss%2Fw%C3%B6rd@gpu.example:8443/studio")
    assert found.root == "https://gpu.example:8443/studio"
    assert found.basic == ("me", "p@ss/wörd")
    assert "p@ss" not in repr(found)
    assert parse("https://token@gpu.example").basic == ("token", "")


@given(st.text(min_size=1), st.text())
def test_any_password_arrives_where_it_is_quoted(user: str, password: str) -> None:
    assert parse(f"http://{quote(user, safe='')}:{quote(password, safe='')}@h:1").basic == (
        user,
        password,
    )


@given(st.text("0123456789@/?#:[]\\;&=%", min_size=5))
def test_an_unquoted_password_is_never_shown_not_even_in_part(secret: str) -> None:
    try:
        shown = repr(parse(f"https://user:{secret}@gpu.example:7860/x"))
    except StudioUnreachable as error:
        shown = str(error)
        assert error.__suppress_context__ or error.__context__ is None
    for piece in re.findall(r"\d{5,}", secret):
        assert piece == "65535" or piece not in shown


@pytest.mark.parametrize(
    "typed", ["https://me:12/34567@gpu.example", "https://me:12?34567@gpu", "https://me:a#b@gpu"]
)
def test_a_password_that_cuts_the_url_short_is_told_how_to_write_it(typed: str) -> None:
    with pytest.raises(StudioUnreachable, match="write @ as %40, / as %2F"):
        parse(typed)


def test_which_addresses_are_this_machine() -> None:
    assert all(
        is_local(parse(text).root) for text in ("7860", "localhost:1", "[::1]:1", "127.9.9.9")
    )
    assert not any(
        is_local(parse(text).root) for text in ("gpu.example", "10.0.0.1", "localhost.de")
    )


def test_the_environment_and_the_usual_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(address.ENVIRONMENT, "  ")
    assert address.from_environment() is None
    monkeypatch.setenv(address.ENVIRONMENT, " gpu.example ")
    assert address.from_environment() == "gpu.example"
    assert address.usual()[0] == LOCAL
    assert address.usual()[-1] == "http://127.0.0.1:7869"
