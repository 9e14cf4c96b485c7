"""How long the site takes to build, beside plain alabaster on the same pages.

Run it with ``make bench``, or ``python -m benchmarks.site_build [pages]...``. It writes a site of that many
pages (copies of page.md) twice into a temporary folder, with our conf.py and with plain/conf.py, builds the
two in turn (all of it, nothing changed, one page edited), and prints a Markdown table of medians: seconds,
and seconds of processor, which count every core and hardly change when the machine is busy with other things.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from string import Template

HERE = Path(__file__).parent
ROOT = HERE.parent
PART = 25
"""Pages in a part: the handbook's own shape, a front page over parts over pages."""
ROUNDS = {100: 3}
"""Rounds by number of pages; one where it is not said."""
KINDS = ("all of it", "nothing changed", "one page edited")

Times = dict[tuple[str, str], list[tuple[float, float]]]
"""Seconds, and seconds of processor, of each round, by site and kind of build."""


@dataclass(frozen=True)
class Site:
    """A site to be built: what the table calls it, its folder, and the page that is edited."""

    name: str
    folder: Path
    edited: Path


def ours(folder: Path, pages: int) -> Site:
    """The pages under our configuration, with the policy page, to which the quotes lead."""
    (folder / "process").mkdir(parents=True)
    for name in ("conf.py", "handbook.yml", "bibliography.bib", "process/policy.md"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "_ext").symlink_to(ROOT / "_ext")  # where conf.py finds the theme's templates
    return Site("this handbook", folder, write_pages(folder, pages, ["process/policy"]))


def plain(folder: Path, pages: int) -> Site:
    """The pages under the yardstick's configuration."""
    folder.mkdir(parents=True)
    shutil.copy(HERE / "plain" / "conf.py", folder)
    return Site("plain alabaster", folder, write_pages(folder, pages, []))


def write_pages(folder: Path, pages: int, others: list[str]) -> Path:
    """Write the pages, in parts, and the front page over them; return the page in the middle."""
    page = Template((HERE / "page.md").read_text(encoding="utf-8"))
    parts = {first: range(first, min(first + PART, pages)) for first in range(0, pages, PART)}
    for first, numbers in parts.items():
        part = folder / "process" / f"part-{first}"
        part.mkdir(parents=True)
        write_index(part, f"Part {first}", [f"topic-{number}" for number in numbers])
        for number in numbers:
            text = page.substitute(number=number, before=max(first, number - 1))
            (part / f"topic-{number}.md").write_text(text, encoding="utf-8")
    write_index(folder, "A site", [f"process/part-{first}/index" for first in parts] + others)
    return folder / "process" / f"part-{pages // 2 // PART * PART}" / f"topic-{pages // 2}.md"


def write_index(folder: Path, title: str, entries: list[str]) -> None:
    """Write a page that lists others."""
    listed = "\n".join(entries)
    (folder / "index.md").write_text(f"# {title}\n\n```{{toctree}}\n{listed}\n```\n", encoding="utf-8")


def seconds(site: Site) -> tuple[float, float]:
    """Seconds, and seconds of processor, of a build, which must succeed without a warning."""
    options = ["--quiet", "--fail-on-warning", "--jobs", "auto", "-d", "_doctrees"]
    start, worked = time.perf_counter(), processor()
    subprocess.run([sys.executable, "-m", "sphinx", *options, ".", "_html"], cwd=site.folder, check=True)
    return time.perf_counter() - start, processor() - worked


def processor() -> float:
    """Seconds of processor that the programs started so far have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(sites: list[Site], rounds: int) -> Times:
    """Build the sites in turn, so that a busy moment hits them alike."""
    times: Times = defaultdict(list)
    for _ in range(rounds):
        for site in sites:
            shutil.rmtree(site.folder / "_doctrees", ignore_errors=True)
            shutil.rmtree(site.folder / "_html", ignore_errors=True)
            times[site.name, "all of it"].append(seconds(site))
            times[site.name, "nothing changed"].append(seconds(site))
            with site.edited.open("a", encoding="utf-8") as page:
                page.write("\nOne more sentence.\n")
            times[site.name, "one page edited"].append(seconds(site))
    return times


def main(sizes: list[int]) -> None:
    """Measure each size, and print its rows when it is done."""
    print("Seconds / seconds of processor, medians; the two sites are built in turn\n")
    print("| pages | build | this handbook | plain alabaster | ratio | rounds |\n|---|---|---|---|---|---|")
    for pages in sizes:
        rounds = ROUNDS.get(pages, 1)
        with tempfile.TemporaryDirectory() as temporary:
            sites = [ours(Path(temporary) / "ours", pages), plain(Path(temporary) / "plain", pages)]
            times = measure(sites, rounds)
        for kind in KINDS:
            print(
                f"| {pages} | {kind} | {row([times[site.name, kind] for site in sites])} | {rounds} |",
                flush=True,
            )


def row(sites: list[list[tuple[float, float]]]) -> str:
    """The cells of the two sites, and their ratio."""
    (mine, my_work), (theirs, their_work) = (
        map(statistics.median, zip(*times, strict=True)) for times in sites
    )
    figures = [f"{mine:.1f} / {my_work:.1f}", f"{theirs:.1f} / {their_work:.1f}"]
    return " | ".join([*figures, f"{mine / theirs:.1f} / {my_work / their_work:.1f}"])


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [100, 1000])
