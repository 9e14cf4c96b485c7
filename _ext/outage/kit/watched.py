"""What runbooks about monitoring share: questions to Prometheus, and the servers' own metrics without it.

``PROMETHEUS_URL`` is where Prometheus answers; ``PROMETHEUS_TARGETS`` a folder of the files that name what
it watches (its ``file_sd_configs``), which are there when Prometheus is not. It is imported in kernels.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode

from outage.kit import CheckFailed, require
from outage.proxies import open_url
from outage.text import one_line

_SECONDS = 3.0  # how long an answer may take


@dataclass(frozen=True)
class Series:
    """Hold one series of a range query.

    Attributes:
        labels: of the series, without its name.
        times: seconds since 1970.
        values: as many as times; values that aren't numbers are left out.

    Example:
        >>> Series({"instance": "web1"}, (1764410400.0, 1764410415.0), (0.2, 0.9)).values[-1]
        0.9
    """

    labels: dict[str, str] = field(hash=False)
    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Watched:
    """Describe one thing that Prometheus watches.

    Attributes:
        job: its label ``job``.
        instance: its label ``instance``.
        url: of its metrics.
        up: what Prometheus says; None where Prometheus wasn't asked.

    Example:
        >>> web1 = next(one for one in watched() if one.instance == "web1")
        >>> web1.job
        'web'
    """

    job: str
    instance: str
    url: str
    up: bool | None = None


def fetch(url: str, seconds: float = _SECONDS) -> str:
    """Return the text that a server sends for ``url``.

    Raises:
        OSError: it doesn't answer, not in time, or not with success.

    Example:
        >>> web1 = next(one for one in watched() if one.instance == "web1")
        >>> "shop_requests_total" in fetch(web1.url)
        True
    """
    with open_url(url, seconds) as answer:
        return str(answer.read().decode(errors="replace"))


def why_silent(url: str, seconds: float = _SECONDS) -> str:
    """Say why nothing useful comes from ``url``; empty if it answers.

    Example:
        >>> why_silent("http://127.0.0.1:1/metrics")
        '...refused...'
    """
    try:
        fetch(url, seconds)
    except HTTPError as error:
        return f"answers {error.code}"
    except (TimeoutError, URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        late = isinstance(reason, TimeoutError)
        return f"no answer within {seconds:.0f} s" if late else one_line(str(reason))
    return ""


def prometheus(path: str, **query: str) -> Any:
    """Return the data that Prometheus' HTTP API gives for ``/api/v1/`` and ``path``.

    Raises:
        CheckFailed: it doesn't answer, or refuses; the hint names what to look at.

    Example:
        >>> prometheus("query", query="vector(1)")["result"][0]["value"][1]
        '1'
    """
    base = os.environ.get("PROMETHEUS_URL", "").rstrip("/")
    require(base, "no Prometheus is named", "look at PROMETHEUS_URL")
    hint = "look at PROMETHEUS_URL: does Prometheus run, and can this machine reach it?"
    try:
        answer = json.loads(fetch(f"{base}/api/v1/{path}?{urlencode(query)}", 2 * _SECONDS))
    except HTTPError as error:
        words = one_line(error.read(500).decode(errors="replace"))
        require(False, f"Prometheus refuses {path}: {error.code} {words}", hint)
    except (OSError, ValueError) as error:
        require(False, f"Prometheus does not answer: {one_line(str(error))}", hint)
    return answer["data"]


def prometheus_answers() -> str:
    """Return why Prometheus doesn't answer, in words; empty if it does.

    Example:
        >>> prometheus_answers()
        ''
    """
    try:
        prometheus("status/buildinfo")
    except CheckFailed as error:
        return error.message
    return ""


def over_time(expression: str, begin: float, end: float, step: float) -> list[Series]:
    """Ask Prometheus for an expression's values over time.

    Args:
        expression: PromQL.
        begin: seconds since 1970, as ``end`` is.
        end: the last moment.
        step: seconds between two values.

    Raises:
        CheckFailed: as :func:`prometheus`.

    Example:
        >>> [series] = over_time("vector(2)", begin=1764410400, end=1764410430, step=15)
        >>> series.values
        (2.0, 2.0, 2.0)
    """
    query = {"query": expression, "start": f"{begin:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
    return [_series(one) for one in prometheus("query_range", **query)["result"]]


def watched() -> list[Watched]:
    """List all that Prometheus watches: as it says itself, then as its files say.

    Its files know what it doesn't: everything while it is down, and for some seconds after its start.

    Example:
        >>> sorted(one.instance for one in watched() if one.job == "web")[:2]
        ['web1', 'web2']
    """
    try:
        told = prometheus("targets", state="active")["activeTargets"]
    except CheckFailed:
        told = []
    found = [
        Watched(one["labels"]["job"], one["labels"]["instance"], one["scrapeUrl"], one["health"] == "up")
        for one in told
    ]
    known = {(one.job, one.instance) for one in found}
    return [*found, *(one for one in _from_files() if (one.job, one.instance) not in known)]


def metrics(url: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return the metrics of one server: (name, sorted labels) to value.

    Raises:
        OSError: it doesn't answer.
        ValueError: what it sends isn't metrics.

    Example:
        >>> web1 = next(one for one in watched() if one.instance == "web1")
        >>> metrics(web1.url)["shop_inflight", ()] >= 0
        True
    """
    from prometheus_client.parser import text_string_to_metric_families

    return {
        (sample.name, tuple(sorted(sample.labels.items()))): float(sample.value)
        for family in text_string_to_metric_families(fetch(url))
        for sample in family.samples
    }


def _series(one: dict[str, Any]) -> Series:
    labels = {name: value for name, value in one["metric"].items() if name != "__name__"}
    pairs = [(float(time), float(value)) for time, value in one["values"]]
    kept = [(time, value) for time, value in pairs if math.isfinite(value)]
    return Series(labels, tuple(time for time, _ in kept), tuple(value for _, value in kept))


def _from_files() -> Iterator[Watched]:
    folder = os.environ.get("PROMETHEUS_TARGETS", "")
    for file in sorted(Path(folder).glob("*.json")) if folder else []:
        try:
            groups = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        for group in groups:
            labels = group.get("labels", {})
            for target in group.get("targets", []):
                scheme, path = labels.get("__scheme__", "http"), labels.get("__metrics_path__", "/metrics")
                instance = labels.get("instance", target)
                yield Watched(labels.get("job", file.stem), instance, f"{scheme}://{target}{path}")
