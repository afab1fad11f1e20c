"""What `causeway verify` found, for programs: JSON, TAP 14, JUnit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from live.verify import Finding, Report


def as_json(report: Report, stack: str) -> str:
    content = {
        "stack": stack,
        "summary": {name: int(count) for name, count in _counts(report)},
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
    }
    return json.dumps(content, indent=2)


def as_tap(report: Report) -> str:
    lines = ["TAP version 14", f"1..{len(report.findings)}"]
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
    lines.append(f"# {report.summary}")
    return "\n".join(lines)


def as_junit(report: Report, stack: str) -> str:
    counts = dict(_counts(report))
    suite = ElementTree.Element(
        "testsuite",
        name=f"causeway verify {stack}",
        tests=str(len(report.findings)),
        failures=counts["wrong"],
        skipped=counts["unprobed"],
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
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def _title(finding: Finding) -> str:
    cell = finding.cell
    port = "" if cell.port is None else f":{cell.endpoint}"
    return f"{cell.source} -> {cell.destination}{port} {cell.verdict.value}"


def _counts(report: Report) -> list[tuple[str, str]]:
    return [(name, count) for name, count in (each.split("=") for each in report.summary.split())]
