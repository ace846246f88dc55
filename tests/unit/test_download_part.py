"""What stands beside the target while a file arrives: the part, and a note on what it is of."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from framepack_widgets.studio.download import Edition, Part


@pytest.fixture
def part(tmp_path: Path) -> Part:
    return Part(tmp_path / "clip.mp4")


def response(status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_nothing_is_there_at_first(part: Part) -> None:
    assert part.size == 0
    assert part.edition == Edition()


def test_a_part_and_its_note_come_back_in_another_process(part: Part) -> None:
    edition = Edition('"a"', "yesterday", 100)
    part.begin(edition)
    part.path.write_bytes(b"123")
    again = Part(part.target)
    assert (again.size, again.edition) == (3, edition)


def test_a_new_note_never_stands_beside_an_old_part(
    part: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at any moment of starting over, nothing of the old file is taken for the new one's."""
    part.begin(Edition('"old"', "", 9))
    part.path.write_bytes(b"old")
    moments = []

    def noting(self: Path, *args: object, **kwargs: object) -> int:
        moments.append(part.size)
        return 0

    monkeypatch.setattr(Path, "write_text", noting)
    part.begin(Edition('"new"', "", 9))
    assert moments == [0]


@pytest.mark.parametrize("text", ["", "{", "[]", '"abc"', '{"surprise": 1}', "\xff"])
def test_a_damaged_note_means_starting_over(part: Part, text: str) -> None:
    part.begin(Edition('"a"', "", 100))
    part.path.with_name(part.path.name + ".tag").write_bytes(text.encode("latin-1"))
    assert part.edition == Edition()


def test_finishing_leaves_the_whole_alone(part: Part) -> None:
    part.target.write_bytes(b"an older one")
    part.begin(Edition('"a"', "", 5))
    part.path.write_bytes(b"whole")
    part.finish()
    assert [path.name for path in part.target.parent.iterdir()] == ["clip.mp4"]
    assert part.target.read_bytes() == b"whole"


@pytest.mark.parametrize(
    ("found", "edition"),
    [
        (response(etag='"a"', content_length="7"), Edition('"a"', "", 7)),
        (response(etag='W/"a"', last_modified="now"), Edition("", "now", None)),
        (response(206, content_range="bytes 3-6/7", content_length="4"), Edition("", "", 7)),
        (response(206, content_range="bytes 3-6/*", content_length="4"), Edition()),
        (response(content_length="7", content_encoding="gzip"), Edition()),
        (response(content_length="7", content_encoding="identity"), Edition("", "", 7)),
        (response(416, content_range="bytes */7"), Edition("", "", 7)),
        (response(content_length="seven"), Edition()),
    ],
)
def test_what_a_response_says_of_the_whole(found: httpx.Response, edition: Edition) -> None:
    assert Edition.of(found) == edition


def test_editions_differ_only_where_both_speak() -> None:
    one = Edition('"a"', "monday", 7)
    assert not one.differs(one)
    assert not one.differs(Edition())
    assert not Edition().differs(one)
    assert one.differs(Edition('"b"'))
    assert one.differs(Edition("", "tuesday"))
    assert one.differs(Edition("", "", 8))
    assert one.condition == '"a"'
    assert Edition("", "monday").condition == "monday"
