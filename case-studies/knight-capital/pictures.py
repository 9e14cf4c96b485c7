"""The notebook's tables and pictures.

Each picture is five inches wide, so that its letters can be read on a phone, and has a white ground of its
own, so that it can be read in a dark page.
"""

from __future__ import annotations

from dataclasses import fields
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from calibration import TOTALS
from IPython.display import Image
from market import ASSUMED, FITTED, ORDER, Day, Outcome
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

BLUE, ORANGE, GREY = "#0b5394", "#b45309", "#555555"
KINDS = {ORDER: "given by the order", ASSUMED: "assumed", FITTED: "fitted to the order's totals"}


def money(dollars: float) -> str:
    """Dollars, short: ``$2.1m``."""
    for unit, size in (("bn", 1e9), ("m", 1e6), ("k", 1e3)):
        if dollars >= 0.995 * size:
            return f"${dollars / size:.{0 if dollars >= 10 * size else 1}f}{unit}"
    return f"${dollars:.0f}"


def inputs() -> str:
    """All that the model is given, by where it is from."""
    lines = []
    for kind, title in KINDS.items():
        lines += ["", title.capitalize()]
        for each in fields(Day):
            if each.metadata["kind"] == kind:
                source = f" ({each.metadata['source']})" if each.metadata["source"] else ""
                lines.append(f"  {each.default:>10,}  {each.metadata['what']}{source}")
    return "\n".join(lines[1:])


def totals(outcome: Outcome, draws: Sequence[Outcome]) -> str:
    """The order's totals beside the model's, with the range over other draws of the market."""
    head = f"{'':18}{'order':>10}{'model':>10}{'off':>7}{'allowed':>9}  {'other draws':<15} how"
    lines = [head]
    for total in TOTALS:
        found, others = total.of(outcome), [total.of(each) for each in draws]
        off = f"{found / total.order - 1:+.1%}"
        span = f"{_short(min(others))}-{_short(max(others))}"
        lines.append(
            f"{total.name:18}{_short(total.order):>10}{_short(found):>10}{off:>7}{total.tolerance:>9.0%}"
            f"  {span:<15} {total.kind}{'' if total.met(outcome) else '  MISSED'}"
        )
    return "\n".join(lines)


def compared(outcomes: Mapping[str, Outcome]) -> str:
    """Exposure and loss of each way in which the day could have gone."""
    lines = [f"{'':34}{'executions':>12}{'position':>10}{'loss':>9}"]
    for name, each in outcomes.items():
        row = f"{each.executions:>12,}{money(each.gross):>10}{money(each.loss):>9}"
        lines.append(f"{name:34}{row}")
    return "\n".join(lines)


def position(outcome: Outcome, removal: float | None) -> Image:
    """What was bought and what was sold, minute by minute."""
    figure, axes = _frame("Position nobody wanted ($bn)", "minutes after the open")
    minutes = np.arange(len(outcome.path_long))
    axes.plot(minutes, outcome.path_long / 1e9, color=BLUE, linewidth=2.5)
    axes.plot(minutes, -outcome.path_short / 1e9, color=ORANGE, linewidth=2.5, linestyle="--")
    axes.axhline(0, color=GREY, linewidth=0.8)
    middle = len(minutes) // 2
    axes.annotate("bought", (minutes[middle], outcome.path_long[middle] / 1e9), (-60, 6), **_AT, color=BLUE)
    axes.annotate(
        "sold short", (minutes[middle], -outcome.path_short[middle] / 1e9), (-78, -16), **_AT, color=ORANGE
    )
    if removal is not None:
        axes.axvline(removal, color=GREY, linewidth=1, linestyle=":")
        axes.annotate("removal\n(minute assumed)", (removal, 0), (5, 22), **_AT, color=GREY, fontsize=10)
    return _png(figure)


def losses(outcomes: Mapping[str, Outcome]) -> Image:
    """One bar a way in which the day could have gone."""
    figure, axes = _frame("Loss ($m)", "", height=0.42 * len(outcomes) + 1)
    axes.grid(visible=False)
    values = [each.loss / 1e6 for each in outcomes.values()]
    axes.barh(list(outcomes), values, color=[BLUE, *[ORANGE] * (len(values) - 1)])
    axes.invert_yaxis()
    for row, each in enumerate(outcomes.values()):
        axes.annotate(money(each.loss), (each.loss / 1e6, row), (4, -4), **_AT)
    axes.set_xlim(0, max(values) * 1.2)
    return _png(figure)


def curve(
    across: Sequence[float], loss: Sequence[float], title: str, label: str, marks: Mapping[float, str]
) -> Image:
    """A loss in dollars along one control; some points are named."""
    figure, axes = _frame(f"{title}: loss ($m)", label)
    axes.plot(across, np.array(loss) / 1e6, color=BLUE, linewidth=2.5)
    for at, text in marks.items():
        height = float(np.interp(at, across, np.array(loss) / 1e6))
        axes.plot([at], [height], "o", color=ORANGE, markersize=7)
        late = at > (across[0] + across[-1]) / 2
        offset = (-10, 6) if late else (8, 6 if height == 0 else -14)
        axes.annotate(
            f"{text}: {money(height * 1e6)}", (at, height), offset, **_AT, ha="right" if late else "left"
        )
    axes.set_ylim(bottom=0)
    return _png(figure)


def limits(across: Sequence[float], loss: Sequence[float]) -> Image:
    """A loss along the limit, both in powers of ten."""
    figure, axes = _frame("Pre-trade limit: loss", "limit on the unwanted position")
    axes.loglog(across, loss, color=BLUE, linewidth=2.5, marker="o", markersize=5)
    for set_ticks, values in ((axes.set_xticks, across), (axes.set_yticks, [1e4, 1e5, 1e6, 1e7, 1e8])):
        set_ticks(list(values)[::2] if values is across else values)
    axes.set_xticklabels([money(value) for value in list(across)[::2]])
    axes.set_yticklabels([money(value) for value in (1e4, 1e5, 1e6, 1e7, 1e8)])
    axes.minorticks_off()
    return _png(figure)


def removal(minutes: Sequence[float], parts: Mapping[float, Sequence[float]]) -> Image:
    """The removal's part of the loss, by the two things that the order does not say."""
    figure, axes = _frame("Part of the loss that the removal made (%)", "minute of the removal")
    for (drawn, line), style in zip(parts.items(), ("-", "--", ":"), strict=True):
        axes.plot(minutes, np.array(line) * 100, color=BLUE, linewidth=2.5, linestyle=style)
        text = f"drew in {drawn:.0%} of the 212"
        axes.annotate(text, (minutes[1], line[1] * 100), (6, 6), **_AT)
    axes.set_ylim(bottom=0)
    return _png(figure)


def tornado(found: Mapping[str, tuple[float, float]], base: float) -> Image:
    """How far the loss moves when one value is a fifth smaller or larger; the widest on top."""
    ranked = sorted(found.items(), key=lambda each: -abs(each[1][1] - each[1][0]))
    figure, axes = _frame("Change of the loss (%), value ±20 %", "", height=0.34 * len(ranked) + 1)
    names = [name.replace("_", " ") for name, _ in ranked]
    for at, part, colour, hatch in ((0, "20 % less", ORANGE, "//"), (1, "20 % more", BLUE, "")):
        changes = [(pair[at] / base - 1) * 100 for _, pair in ranked]
        axes.barh(names, changes, color=colour, hatch=hatch, edgecolor="white", label=part)
    axes.invert_yaxis()
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.legend(loc="lower right", frameon=False, fontsize=10)
    return _png(figure)


_AT: Any = {"textcoords": "offset points"}


def _short(value: float) -> str:
    for unit, size in (("bn", 1e9), ("m", 1e6)):
        if value >= size:
            return f"{value / size:.2f}{unit}" if size == 1e9 else f"{value / size:.4g}{unit}"
    return f"{value:.0f}"


def _frame(title: str, label: str, height: float = 3.5) -> tuple[Figure, Axes]:
    """An empty picture, without pyplot, so that nothing is shown twice."""
    figure = Figure(figsize=(5, height), dpi=144, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor="white")
    axes.set_title(title, loc="left", fontsize=12)
    axes.set_xlabel(label, fontsize=11)
    axes.tick_params(labelsize=11)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for edge in ("top", "right"):
        axes.spines[edge].set_visible(False)
    return figure, axes


def _png(figure: Figure) -> Image:
    stored = BytesIO()
    figure.savefig(stored, format="png", facecolor="white", metadata={"Software": None})
    return Image(data=stored.getvalue(), format="png")  # type: ignore[no-untyped-call]
