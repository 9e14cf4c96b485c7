"""Outputs are bounded, and what is left out is said."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

from outage.run import outputs
from outage.run.outputs import CellOutputs
from tests.product.run.build import Handbook, reading
from tests.product.run.running import nothing_is_left, run

pytestmark = pytest.mark.usefixtures("nothing_is_left")
__all__ = ["nothing_is_left"]


class Kept:
    """What was handed on."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []
        self.cuts: list[str] = []
        self.places: list[tuple[int | None, bool]] = []
        self.cell = CellOutputs(self.take)

    def take(self, output: dict[str, Any], cut: str | None, display: int | None, clears: bool) -> None:
        self.outputs.append(output)
        self.places.append((display, clears))
        self.cuts += [cut] if cut else []

    def text(self, name: str = "stdout") -> str:
        return "".join(o["text"] for o in self.outputs if o.get("name") == name)


def png(width: int, height: int, padding: int = 0) -> str:
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(5 + padding)
    return base64.b64encode(head).decode()


def test_streams_are_gathered_and_keep_their_order() -> None:
    kept = Kept()
    for text in ("a", "b"):
        kept.cell.stream("stdout", text)
    kept.cell.stream("stderr", "!")
    kept.cell.stream("stdout", "c")
    kept.cell.finish()
    assert [(o["name"], o["text"]) for o in kept.outputs] == [
        ("stdout", "ab"),
        ("stderr", "!"),
        ("stdout", "c"),
    ]


def test_of_a_long_stream_head_and_tail_are_kept() -> None:
    kept = Kept()
    for number in range(100_000):
        kept.cell.stream("stdout", f"{number:07}\n")
    kept.cell.finish()
    text = kept.text()
    assert len(text) == outputs.HEAD_CHARS + outputs.TAIL_CHARS
    assert text.startswith("0000000\n")
    assert text.endswith("0099999\n")
    assert kept.cuts == [f"{800_000 - len(text)} characters of stdout are left out here"]


def test_both_streams_have_their_own_bounds() -> None:
    kept = Kept()
    kept.cell.stream("stdout", "x" * 500_000)
    kept.cell.stream("stderr", "the reason")
    kept.cell.finish()
    assert kept.text("stderr") == "the reason"


def test_only_text_markdown_and_png_are_kept_and_the_rest_is_named() -> None:
    kept = Kept()
    data = {"text/plain": "a", "text/markdown": "*a*", "text/html": "<b>", "image/svg+xml": "<svg>"}
    kept.cell.rich("display_data", {**data, "image/png": png(1, 1), "application/vnd.outage.saved+json": {}})
    assert set(kept.outputs[0]["data"]) == {"text/plain", "text/markdown", "image/png"}
    assert kept.cuts == ["text/html is not kept; image/svg+xml is not kept"]


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (png(100_000, 100_000), "100000 by 100000 pixels"),
        (png(1, 1, outputs.IMAGE_BYTES), "more than 1000000 bytes"),
        ("R0lGODlhAQABAAAAACw=", "it is no PNG"),
        ("é", "it is not base64"),
    ],
)
def test_an_image_that_could_do_harm_is_not_kept(image: str, reason: str) -> None:
    kept = Kept()
    kept.cell.rich("display_data", {"image/png": image, "text/plain": "a plot"})
    assert kept.outputs[0]["data"] == {"text/plain": "a plot"}
    assert kept.cuts == [f"an image is not kept: {reason}"]


def test_a_long_text_keeps_its_ends() -> None:
    kept = Kept()
    kept.cell.rich("execute_result", {"text/plain": "a" * 100_000})
    assert len(kept.outputs[0]["data"]["text/plain"]) < outputs.TEXT_CHARS + 100
    assert kept.cuts == ["36000 characters of text/plain are left out"]


def test_of_many_displays_the_first_and_the_last_are_kept() -> None:
    kept = Kept()
    for number in range(250):
        kept.cell.rich("display_data", {"text/plain": str(number)})
    kept.cell.finish()
    shown = [output["data"]["text/plain"] for output in kept.outputs]
    assert shown == [str(number) for number in (*range(100), *range(150, 250))]
    assert kept.cuts == ["50 outputs are left out here"]


def test_the_last_display_stands_before_the_error_that_follows_it() -> None:
    kept = Kept()
    for number in range(150):
        kept.cell.rich("display_data", {"text/plain": str(number)})
    kept.cell.error("E", "wrong", [])
    kept.cell.finish()
    assert kept.outputs[-2]["data"] == {"text/plain": "149"}
    assert kept.outputs[-1]["ename"] == "E"


def test_a_display_that_is_updated_in_place_leaves_room_for_the_others() -> None:
    kept = Kept()
    kept.cell.rich("display_data", {"text/plain": "0 %"}, "bar")
    for number in range(1, 10_001):
        kept.cell.rich("display_data", {"text/plain": f"{number / 100:g} %"}, "bar", update=True)
    kept.cell.rich("display_data", {"text/plain": "what matters"})
    kept.cell.finish()
    assert [output["data"]["text/plain"] for output in kept.outputs] == ["0 %", "what matters", "100 %"]
    assert kept.places == [(0, False), (None, False), (0, False)]
    assert kept.cuts == []


def test_what_was_cleared_takes_no_room() -> None:
    kept = Kept()
    for number in range(10_000):
        kept.cell.clear()
        kept.cell.rich("display_data", {"text/plain": str(number)})
    kept.cell.finish()
    assert kept.outputs[-1]["data"] == {"text/plain": "9999"}
    assert len(kept.outputs) == outputs.HEAD_OUTPUTS + 1
    assert kept.places[-1] == (None, True), "it takes the place of those before"


def test_what_was_cleared_before_it_was_handed_on_is_gone() -> None:
    kept = Kept()
    kept.cell.stream("stdout", "half\r")
    kept.cell.clear()
    kept.cell.stream("stdout", "done\n")
    kept.cell.finish()
    assert (kept.text(), kept.places) == ("done\n", [(None, True)])


def test_a_run_shows_each_display_as_it_stood_at_the_end_and_nothing_that_was_cleared(
    handbook: Handbook,
) -> None:
    updated = (
        "from IPython.display import clear_output, display\n"
        "bar = display('0 %', display_id=True)\nprint('between')\n"
        "for n in range(1, 101): bar.update(f'{n} %')\nprint('after')"
    )
    cleared = "for n in range(150):\n    clear_output(wait=True)\n    print('step', n)\n    display(n)"
    handbook.write("r", reading(updated, cleared))
    cells = [cell for cell in run("r").cells if cell.step == "read"]
    shown = [[o.get("text") or o["data"]["text/plain"] for o in cell.outputs] for cell in cells]
    assert shown == [["'100 %'", "between\nafter\n"], ["step 149\n", "149"]]


def test_an_error_loses_its_colours_and_is_bounded() -> None:
    kept = Kept()
    error = kept.cell.error("E", "\x1b[31mred\x1b[0m", ["\x1b[0;31mTraceback", "x" * 100_000])
    assert error["value"] == "red"
    assert error["traceback"].startswith("Traceback\nxxx")
    assert len(error["traceback"]) < outputs.TEXT_CHARS + 100
