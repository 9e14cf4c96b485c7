"""The four golden signals of a service: latency, traffic, errors, saturation; and which of them are unusual.

Unusual is measured against the median, in units of the median absolute deviation times 1.4826, which is
the standard deviation where values are normally distributed: a few wild values, of which an outage is
full, move neither. (Iglewicz and Hoaglin, 1993, call it the modified z-score, and 3.5 a usual limit.)
"""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from outage.kit.watched import Series, Watched, metrics, over_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes


TO_SIGMA = 1.4826
ALL = ""
"""The name of all servers together, where one server's would be."""

_Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


@dataclass(frozen=True)
class Names:
    """Name the metrics of the service.

    Attributes:
        requests: a counter of requests, with the response code as a label.
        seconds: a histogram of how long they took.
        inflight: a gauge of requests in flight.
        code: the label that holds the response code.
        errors: a pattern of codes that are errors, in Prometheus' syntax.

    Example:
        >>> Names("shop_requests_total", "shop_request_seconds", "shop_inflight").errors
        '5..'
    """

    requests: str
    seconds: str
    inflight: str
    code: str = "code"
    errors: str = "5.."


@dataclass(frozen=True)
class Signal:
    """Describe one of the four.

    Attributes:
        name: as people call it.
        unit: of its values, for a reader.
        least: a difference smaller than this isn't a fault, however rare.

    Example:
        >>> [f"{signal.name}: {signal.unit}" for signal in SIGNALS][1:3]
        ['traffic: requests/s', 'errors: % of answers']
    """

    name: str
    unit: str
    least: float


LATENCY = Signal("latency", "ms, 95th percentile", 20.0)
TRAFFIC = Signal("traffic", "requests/s", 1.0)
ERRORS = Signal("errors", "% of answers", 0.5)
SATURATION = Signal("saturation", "requests in flight", 2.0)
SIGNALS = (LATENCY, TRAFFIC, ERRORS, SATURATION)

Found = dict[Signal, dict[str, Series]]
"""Signal to server (or :data:`ALL`) to its values over time."""


def robust_z(value: float, others: Sequence[float], least: float) -> float:
    """Return how far ``value`` lies from what is usual, in robust standard deviations.

    Args:
        value: to judge; beyond 3.5 either way is usually called unusual.
        others: what is usual: earlier values, or those of the other servers; at least one.
        least: a difference that matters; it replaces the deviation where nearly all are the same.

    Returns:
        Negative below the median; 0.0 where the difference is smaller than ``least``.

    Example:
        >>> round(robust_z(95.0, [40.0, 42.0, 41.0, 39.0, 43.0], least=5.0), 1)
        36.4
        >>> robust_z(43.5, [40.0, 42.0, 41.0, 39.0, 43.0], least=5.0)
        0.0
    """
    middle = median(others)
    if abs(value - middle) < least:
        return 0.0
    deviation = TO_SIGMA * median(abs(other - middle) for other in others)
    return (value - middle) / max(deviation, least / 3.5)


def expressions(names: Names, window: float) -> dict[Signal, str]:
    """Write the PromQL of each signal; ``{by}`` stands for a grouping such as ``by (instance)``, or nothing.

    Example:
        >>> names = Names("shop_requests_total", "shop_request_seconds", "shop_inflight")
        >>> expressions(names, window=60)[TRAFFIC].format(by="by (instance) ")
        'sum by (instance) (rate(shop_requests_total[60s]))'
    """
    span = f"[{window:.0f}s]"
    rate = f"sum {{by}}(rate({names.requests}{span}))"
    failed = f'sum {{by}}(rate({names.requests}{{{{{names.code}=~"{names.errors}"}}}}{span}))'
    return {
        LATENCY: f"1000 * histogram_quantile(0.95, sum {{by_le}}(rate({names.seconds}_bucket{span})))",
        TRAFFIC: rate,
        ERRORS: f"100 * (({failed}) or ({rate}) * 0) / ({rate})",
        SATURATION: f"max {{by}}({names.inflight})",
    }


def from_prometheus(names: Names, begin: float, end: float, step: float, window: float) -> Found:
    """Ask Prometheus for the signals over time, of all servers together and of each.

    Args:
        names: of the metrics.
        begin: seconds since 1970, as ``end`` is.
        end: the last moment.
        step: seconds between two values.
        window: seconds over which a rate is taken; four scrapes at least.

    Raises:
        CheckFailed: Prometheus doesn't answer, or refuses.

    Example:
        >>> names = Names("shop_requests_total", "shop_request_seconds", "shop_inflight")
        >>> now = time.time()
        >>> found = from_prometheus(names, now - 60, now, step=15, window=60)
        >>> [signal.name for signal in found]
        ['latency', 'traffic', 'errors', 'saturation']
    """
    found: Found = {}
    for signal, expression in expressions(names, window).items():
        whole = expression.format(by="", by_le="by (le) ")
        each = expression.format(by="by (instance) ", by_le="by (le, instance) ")
        series = [*over_time(whole, begin, end, step), *over_time(each, begin, end, step)]
        found[signal] = {one.labels.get("instance", ALL): one for one in series if one.values}
    return found


def from_servers(names: Names, servers: Iterable[Watched], seconds: float) -> tuple[Found, dict[str, str]]:
    """Take the signals now, from two looks at the servers' own metrics; there is no history then.

    Args:
        names: of the metrics.
        servers: to be asked; those without such requests are left out.
        seconds: between the two looks.

    Returns:
        The signals, one value each; and the servers that didn't answer, with the reason.

    Example:
        >>> names = Names("shop_requests_total", "shop_request_seconds", "shop_inflight")
        >>> web9 = Watched("web", "web9", "http://127.0.0.1:1/metrics")
        >>> found, silent = from_servers(names, [web9], seconds=0)
        >>> list(silent)
        ['web9']
    """
    servers = tuple(servers)
    first, silent = _looks(servers)
    time.sleep(seconds)
    second, silent_now = _looks(servers)
    both = [
        name
        for name in first
        if name in second and any(metric == names.requests for metric, _ in second[name])
    ]
    differences = {name: _difference(first[name], second[name]) for name in both}
    now = time.time()
    found: Found = {signal: {} for signal in SIGNALS}
    groups = {name: [name] for name in both} | ({ALL: both} if both else {})
    for name, members in groups.items():
        for signal, value in _signals(names, differences, second, members, seconds).items():
            found[signal][name] = Series({"instance": name}, (now,), (value,))
    return found, silent | silent_now


def _looks(servers: Sequence[Watched]) -> tuple[dict[str, _Samples], dict[str, str]]:

    def look(server: Watched) -> _Samples | str:
        try:
            return metrics(server.url)
        except (OSError, ValueError) as error:
            return str(error)

    with ThreadPoolExecutor(16) as pool:
        told = dict(zip((server.instance for server in servers), pool.map(look, servers), strict=True))
    return (
        {name: one for name, one in told.items() if not isinstance(one, str)},
        {name: one for name, one in told.items() if isinstance(one, str)},
    )


def _difference(first: _Samples, second: _Samples) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return how much each counter grew; one that began anew counts from nothing."""
    return {
        key: value - first.get(key, 0.0) if value >= first.get(key, 0.0) else value
        for key, value in second.items()
    }


def _signals(
    names: Names,
    grew: Mapping[str, _Samples],
    now: Mapping[str, _Samples],
    members: Sequence[str],
    seconds: float,
) -> dict[Signal, float]:

    requests = failed = 0.0
    buckets: dict[float, float] = {}
    inflight = [0.0]
    for member in members:
        for (name, labels), value in grew[member].items():
            known = dict(labels)
            if name == names.requests:
                requests += value
                failed += value if re.fullmatch(names.errors, known.get(names.code, "")) else 0.0
            elif name == f"{names.seconds}_bucket":
                edge = float(known["le"])
                buckets[edge] = buckets.get(edge, 0.0) + value
        inflight += [value for (name, _), value in now[member].items() if name == names.inflight]
    found = {TRAFFIC: requests / seconds, SATURATION: max(inflight)}
    if requests:
        found[ERRORS] = 100.0 * failed / requests
    if (late := _quantile(buckets, 0.95)) is not None:
        found[LATENCY] = 1000.0 * late
    return found


def _quantile(buckets: Mapping[float, float], share: float) -> float | None:
    """Return the quantile of a histogram, as Prometheus reckons it; None without observations.

    Args:
        buckets: upper edge to how many lie below or at it.
        share: 0.95 for the 95th percentile.
    """
    edges = sorted(buckets)
    if not edges or not buckets[edges[-1]]:
        return None
    wanted = share * buckets[edges[-1]]
    below, lower = 0.0, 0.0
    for edge in edges:
        if buckets[edge] >= wanted:
            if edge == float("inf"):
                return lower
            return lower + (edge - lower) * (wanted - below) / max(buckets[edge] - below, 1e-12)
        below, lower = buckets[edge], edge
    return lower


PICTURE = "image/png"
TITLE = "Picture: "
"""What the text of a picture begins with; its title follows."""
BEFORE, AFTER, LIMIT = "#b3261e", "#1b5e20", "#6b6b6b"
"""Colours that mean the same in every picture; they differ in lightness too."""


def picture(draw: Callable[[Axes], None], title: str, *, width: float = 7.0, height: float = 2.6) -> bytes:
    r"""Draw a PNG of 100 dots an inch, on white.

    Args:
        draw: puts everything but the title on the axes.
        title: says what is to be seen; dollar signs and the like stay as they are.
        width: in inches, as ``height`` is.
        height: in inches.

    Example:
        >>> def draw(axes):
        ...     axes.plot([1, 3, 2], color=AFTER)
        >>> png = picture(draw, "Requests a second")
        >>> png[:4]
        b'\x89PNG'
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    with mpl.rc_context({"text.parse_math": False, "font.size": 9.0}):
        figure, axes = pyplot.subplots(
            figsize=(width, height), dpi=100, layout="constrained", facecolor="white"
        )
        draw(axes)
        axes.set_title(title)
        png = io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": None})
        pyplot.close(figure)
    return png.getvalue()


def show(draw: Callable[[Axes], None], title: str, *, height: float = 2.6) -> None:
    """Show a picture as the output of a cell; its title is the text for a reader who can't see it.

    Example:
        >>> def draw(axes):
        ...     axes.plot([1, 3, 2], color=AFTER)
        >>> show(draw, "Requests a second doubled at 10:02")
        Picture: Requests a second doubled at 10:02
    """
    from IPython.core.getipython import get_ipython

    words = f"{TITLE}{title}"
    shell = get_ipython()
    if shell is None:
        print(words)
        return
    png = base64.b64encode(picture(draw, title, height=height)).decode()
    shell.display_pub.publish({PICTURE: png, "text/plain": words}, {PICTURE: {"alt": title}})
