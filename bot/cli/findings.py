"""Findings about rules, printed for people, programs, CI servers (JUnit) and pull requests (GitHub annotations)."""

from __future__ import annotations

import enum
import sys
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree import ElementTree as Xml

import msgspec

from bot.cli.output import out
from bot.errors import Fault
from bot.rules import Issue

_ORDER = ("hint", "warning", "fault", "failure")  # the gravest last: it stands above the prompt


class Format(enum.StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to look at. Of the levels only `fault` (does not load) and `failure` (a test) are wrong for sure."""

    level: str  # fault · failure · warning · hint
    path: str
    line: int
    column: int
    message: str
    code: str = ""
    detail: str = ""  # more lines, for people

    @property
    def bad(self) -> bool:
        return self.level in {"fault", "failure"}

    def __str__(self) -> str:
        code = f" [{self.code}]" if self.code else ""
        lines = [f"{self.path}:{self.line}:{self.column}: {self.level}: {self.message}{code}", self.detail]
        return "\n".join(line for line in lines if line)


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was looked at, good or bad: one test case of a JUnit report. `name` says what, within `group`."""

    group: str
    name: str
    findings: tuple[Finding, ...] = ()


def of_fault(fault: Fault, level: str = "fault", detail: str = "") -> Finding:
    return Finding(
        level=level, path=fault.path, line=fault.line, column=fault.column, message=fault.message, detail=detail
    )


def of_issue(issue: Issue) -> Finding:
    return Finding(
        level=issue.severity,
        path=issue.path,
        line=issue.line,
        column=issue.column,
        message=issue.message,
        code=issue.code,
    )


def show(checked: Sequence[Checked], form: Format, suite: str, totals: dict[str, Any], summary: str) -> None:
    """Print what was found. `totals` go into the JSON; `summary` is the last line for people."""
    findings = [finding for one in checked for finding in one.findings]
    match form:
        case Format.JSON:
            _line(msgspec.json.encode({**totals, "findings": findings}))
        case Format.JUNIT:
            _line(junit(checked, suite))
        case Format.GITHUB:
            for finding in findings:
                _line(github(finding).encode("utf-8", "replace"))
            _line(summary.encode())
        case Format.TEXT:
            for finding in sorted(findings, key=lambda one: _ORDER.index(one.level)):
                out.print(str(finding), markup=False)
            out.print(summary, markup=False)


def github(finding: Finding) -> str:
    """A workflow command that GitHub shows beside the line: `::error file=…,line=…::message`."""
    command = {"warning": "warning", "hint": "notice"}.get(finding.level, "error")
    places = {"file": finding.path, "line": finding.line or 1, "col": finding.column or 1}
    named = {**places, "title": finding.code or finding.level}
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in named.items())
    text = "\n".join(part for part in (finding.message, finding.detail) if part)
    return f"::{command} {properties}::{_data(text)}"


def junit(checked: Iterable[Checked], suite: str) -> bytes:
    """A JUnit report: what is bad is a failure, what only looks wrong stands in `system-out`."""
    groups: dict[str, list[Checked]] = {}
    for one in checked:
        groups.setdefault(one.group, []).append(one)
    root = Xml.Element("testsuites", name=suite)
    for group, members in groups.items():
        failures = sum(any(finding.bad for finding in one.findings) for one in members)
        node = Xml.SubElement(
            root, "testsuite", name=group, tests=str(len(members)), failures=str(failures), errors="0"
        )
        for one in members:
            _junit_case(Xml.SubElement(node, "testcase", classname=_xml(group), name=_xml(one.name)), one)
    Xml.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode").encode()


def _junit_case(node: Xml.Element, one: Checked) -> None:
    bad = [finding for finding in one.findings if finding.bad]
    if bad:  # one failure a case is what readers of the format expect
        failure = Xml.SubElement(node, "failure", type=bad[0].level, message=_xml(bad[0].message))
        failure.text = _xml("\n".join(map(str, bad)))
    rest = [finding for finding in one.findings if not finding.bad]
    if rest:
        Xml.SubElement(node, "system-out").text = _xml("\n".join(map(str, rest)))


def _xml(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return "".join(
        c if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "�" for c in text
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _line(data: bytes) -> None:
    sys.stdout.buffer.write(data + b"\n")
    sys.stdout.buffer.flush()
