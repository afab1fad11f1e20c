"""The results of `causeway verify` for programs: JSON, TAP 14, JUnit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from causeway.live.names import NameFinding
    from causeway.live.verify import Finding, Report


def as_json(report: Report, stack: str, names: Sequence[NameFinding] = ()) -> str:
    content = {
        "stack": stack,
        "summary": {each.value: count for each, count in report.counts},
        "cells": [
            {
                "source": each.cell.source.name,
                "destination": each.cell.destination.name,
                "port": each.cell.port,
                "protocol": each.cell.protocol,
                "model": each.cell.verdict.value,
                "found": each.seen.verdict.value if each.seen.verdict else None,
                "outcome": each.outcome.value,
                "tried": [
                    {
                        "address": attempt.address,
                        "port": attempt.port,
                        "protocol": attempt.protocol,
                        "result": result,
                    }
                    for attempt, result in each.seen.tried
                ],
                "why": each.seen.why,
            }
            for each in report.findings
        ],
        "names": [
            {
                "source": each.name.source,
                "name": each.name.name,
                "leads_to": list(each.name.leads_to),
                "answered": list(each.answered),
                "outcome": each.outcome.value,
                "why": each.why,
            }
            for each in names
        ],
    }
    return json.dumps(content, indent=2)


def as_tap(report: Report, names: Sequence[NameFinding] = ()) -> str:
    lines = ["TAP version 14", f"1..{len(report.findings) + len(names)}"]
    for number, each in enumerate(report.findings, start=1):
        name = f"{number} - {_title(each)}"
        if each.outcome.value == "unprobed":
            lines.append(f"ok {name} # SKIP {each.text}")
        elif each.outcome.value == "agreed":
            lines.append(f"ok {name}")
        else:
            lines.append(f"not ok {name}")
            lines += ["  ---", f"  model: {each.cell.verdict.value}"]
            lines += [f"  reason: {json.dumps(reason.text)}" for reason in each.cell.reasons[:1]]
            lines += [f"  packets: {json.dumps(each.text)}", "  ..."]
    for number, found in enumerate(names, start=len(report.findings) + 1):
        title = f"{number} - {_asked(found)}"
        if found.outcome.value == "unprobed":
            lines.append(f"ok {title} # SKIP {found.text}")
        else:
            lines.append(f"not ok {title}: {found.text}" if found.is_wrong else f"ok {title}")
    lines.append(f"# {report.summary}")
    return "\n".join(lines)


def as_junit(report: Report, stack: str, names: Sequence[NameFinding] = ()) -> str:
    outcomes = [each.outcome.value for each in report.findings]
    outcomes += [each.outcome.value for each in names]
    suite = ElementTree.Element(
        "testsuite",
        name=f"causeway verify {stack}",
        tests=str(len(outcomes)),
        failures=str(outcomes.count("wrong")),
        skipped=str(outcomes.count("unprobed")),
    )
    for each in report.findings:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"{stack}.{each.cell.source}", name=_title(each)
        )
        if each.outcome.value == "wrong":
            failure = ElementTree.SubElement(case, "failure", message=each.text)
            failure.text = "\n".join(reason.text for reason in each.cell.reasons)
        elif each.outcome.value == "unprobed":
            ElementTree.SubElement(case, "skipped", message=each.text)
    for found in names:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"{stack}.{found.name.source}", name=_asked(found)
        )
        if found.outcome.value != "agreed":
            kind = "failure" if found.is_wrong else "skipped"
            ElementTree.SubElement(case, kind, message=found.text)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def _title(finding: Finding) -> str:
    cell = finding.cell
    port = "" if cell.port is None else f":{cell.endpoint}"
    return f"{cell.source} -> {cell.destination}{port} {cell.verdict.value}"


def _asked(found: NameFinding) -> str:
    return f"{found.name.source} asks for {found.name.name}"
