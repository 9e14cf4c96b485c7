"""What notebooks may use beside the kit: pictures, texts for a reader, the programs of PostgreSQL."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import timedelta

import pytest
from matplotlib import image

from outage.kit import scratch
from outage.kit.postgres import length, short, size
from outage.kit.signals import AFTER, BEFORE, picture


def dots(axes):
    axes.plot([0, 1], [1, 2], color=BEFORE, label="before")
    axes.plot([1, 2], [2, 1], color=AFTER, label="after")
    axes.legend()


def test_a_picture_is_opaque_and_white_so_that_it_reads_in_every_theme():
    pixels = image.imread(io.BytesIO(picture(dots, "Before and after")))
    alpha = pixels[..., 3] if pixels.shape[2] == 4 else pixels[..., 0] * 0 + 1
    assert alpha.min() == 1
    assert pixels[0, 0, :3].tolist() == [1, 1, 1]
    assert pixels.shape[1] == 700


def test_the_same_picture_is_the_same_file():
    assert picture(dots, "Cost in $ and $") == picture(dots, "Cost in $ and $")


def test_drawing_is_not_imported_until_something_is_drawn():
    script = "import sys, outage.kit.signals, outage.kit.postgres, outage.kit.scratch\n"
    script += "sys.exit(str({'matplotlib', 'numpy', 'psycopg'} & set(sys.modules) or ''))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (0.0123, "12 ms"),
        (timedelta(seconds=1.25), "1.2 s"),
        (12.3, "12 s"),
        (timedelta(minutes=2), "0:02:00"),
        (timedelta(days=1, hours=3), "1 day, 3:00:00"),
        (None, "–"),
    ],
)
def test_lengths_of_time(span, words):
    assert length(span) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1536, "1.5 KiB"),
        (16 * 2**20, "16 MiB"),
        (2**41, "2.0 TiB"),
        (None, "–"),
    ],
)
def test_sizes(count, words):
    assert size(count) == words


def test_somebody_elses_text_is_one_short_line_that_steers_nothing():
    assert short("select\n   1\x1b[2J", 80) == "select 1\\x1b[2J"
    assert short("x" * 50, 10) == "x" * 9 + "…"
    assert short(None, 10) == ""


def test_programs_that_nobody_may_enter_are_copied_for_the_scratch_server(tmp_path, monkeypatch):
    """Root starts PostgreSQL as nobody, who cannot look into root's folders."""
    found = scratch.programs(None, 18)
    monkeypatch.setattr(scratch, "_as_owner", lambda: ["false"])
    copy = scratch._reachable(found, tmp_path)
    assert copy.is_relative_to(tmp_path)
    version = subprocess.run([copy / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert "PostgreSQL) 18" in version.stdout


def test_a_scratch_server_sees_nothing_of_production(monkeypatch):
    for name in ("PGHOST", "PGPORT", "PGSERVICE", "PGUSER", "PGDATABASE"):
        monkeypatch.setenv(name, "production")
    assert not any(name.startswith("PG") for name in scratch._environment())
