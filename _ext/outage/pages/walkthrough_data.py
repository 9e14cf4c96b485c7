"""What the player in a browser works with: a walkthrough as plain data, the next frame never in sight."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from outage.cases.frames import Frame, format_source
from outage.cases.times import parse_offset
from outage.incident.times import format_day
from outage.text import one_line, visible

if TYPE_CHECKING:
    from outage.cases.models import RecordingData, SpeaksData
    from outage.cases.script import Script
    from outage.cases.study import Source

Data = dict[str, Any]


def make_page_data(script: Script, told: Iterable[Frame]) -> Data:
    """Everything that the player shows, texts made visible; ``leads`` are still names of pages and clauses.

    Keys: ``key`` (where the browser keeps its place; it changes with the story), ``title``, ``summary``,
    ``nature``, ``ours``, ``frames``, ``promises``.
    """
    data: Data = {
        "title": one_line(script.title),
        "summary": one_line(script.summary),
        "nature": script.nature,
        "ours": script.ours,
        "frames": [_frame(frame, script) for frame in told],
        "promises": [
            {
                "verdict": one.verdict,
                "what": one_line(one.what),
                "clause": one.clause,
                "limit": one_line(one.limit),
                "text": one_line(one.text),
            }
            for one in script.judged
        ],
    }
    digest = sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:12]
    return {"key": f"outage-walkthrough:{script.id}:{digest}", **data}


def _frame(frame: Frame, script: Script) -> Data:
    moment = frame.moment
    when = moment.when
    utc, _, local = script.times.time(when.lo).rstrip(")").partition(" (")
    return {
        "when": when.words(script.times),
        "clock": {"utc": utc, "local": local, "day": format_day(when.lo)} if when.kind == "at" else None,
        "about": when.about,
        "label": frame.label,
        "text": "" if moment.decides else _text(frame.text),
        "by": one_line(frame.by),
        "unseen": moment.told.unseen,
        "severity": {"name": one_line(frame.severity[0]), "rank": frame.severity[1]}
        if frame.severity
        else None,
        "stage": frame.stage if script.ours else "",
        "accounts": [
            {
                "text": _text(one.text),
                "when": one.when.words(script.times) if one.when else "",
                "sources": [_source(each) for each in one.sources],
            }
            for one in moment.accounts
        ],
        "sources": [_source(one) for one in moment.sources],
        "roles": [
            {"role": one_line(one.role), "person": one_line(one.person), "new": one.new}
            for one in frame.roles
        ],
        "channels": [one_line(one) for one in frame.channels],
        "due": [
            {
                "text": one_line(one.text),
                "when": one.when,
                "limit": one.limit,
                "late": one.late,
                "leads": {"clause": one.clause},
            }
            for one in frame.due
        ],
        "decision": _decision(frame) if moment.decides else None,
        "recordings": [
            _recorded(one, one.marks[moment.id]) for one in script.recordings if moment.id in one.marks
        ],
    }


def _decision(frame: Frame) -> Data:
    told = frame.moment.told
    return {
        "question": _text(told.question or "What would you decide?"),
        "known": [_text(one) for one in told.known],
        "unknown": [_text(one) for one in told.unknown],
        "options": [
            {"text": _text(one.text), "then": _text(one.then or ""), "done": one.done} for one in told.options
        ],
        "done": _text(frame.text),
        "speaks": [{"words": _text(one.words), "leads": _leads(one)} for one in told.speaks],
    }


def _leads(one: SpeaksData) -> Data:
    if one.page:
        return {"page": one.page}
    return {"page": f"runbooks/{one.runbook}"} if one.runbook else {"clause": one.clause}


def _source(one: Source) -> Data:
    return {"words": one_line(format_source(one, title=False)), "url": one.work.url}


def _recorded(one: RecordingData, offset: str) -> Data:
    at = parse_offset(offset)
    where = f"{one.file}#t={at}" if one.file else (one.link or "").replace("{seconds}", str(at))
    return {"words": one_line(f"{one.title}, from {offset}"), "url": where}


def _text(text: str) -> str:
    """Text on as many lines as it has, nothing hidden in it."""
    return visible(text.strip(), keep="\n")
