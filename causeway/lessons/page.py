"""Renders the lessons as a Markdown page, for docs/lessons.md."""

from __future__ import annotations

from collections.abc import Mapping

from .lesson import MAIN, Lesson, Step, expected

OPENING = """# Lessons on Docker networks

Generated from `stacks/lessons/` by `make golden`; do not edit.

Each lesson is a small stack with steps to run in it. `make lessons` lists the lessons;
`make lesson N=4` deploys the fourth as a Pulumi stack of its own, runs its steps, shows expected
and actual output side by side, and removes the stack; the exit code is not 0 if they differ.

To work through a lesson by hand, list its files under `causeway:files` of a stack and run
`pulumi up`.
A step `web$ ping right` means `docker exec CONTAINER ping right`, where this command prints the
container:

    docker ps --quiet --filter label=causeway.stack=STACK --filter label=causeway.service=web

`{ip web}` is the address of web. The expected output is a regular expression.
"""


def page(lessons: list[Lesson], files: Mapping[tuple[int, str], str]) -> str:
    """The whole page; `files` holds the text of each lesson's Compose files."""
    contents = [
        f"{lesson.number}. [{lesson.title}](#{lesson.number}-{_anchor(lesson.title)})"
        for lesson in lessons
    ]
    parts = [OPENING, "\n".join(contents) + "\n"]
    for lesson in lessons:
        parts.append(f"\n## {lesson.number}. {lesson.title}\n\n{lesson.shows}\n")
        if lesson.needs == "swarm":
            parts.append("\nThis lesson needs a swarm: run `docker swarm init` on the engine.\n")
        for (number, name), text in sorted(files.items()):
            if number == lesson.number:
                parts.append(f"\n`{name}`\n\n```yaml\n{text}```\n")
        parts.append("\n| step | expected | explanation |\n| --- | --- | --- |\n")
        parts += [
            f"| `{_cell(typed(step))}` | `{_cell(expected(step))}` | {step.says} |\n"
            for step in lesson.steps
        ]
    return "\n".join(parts[:2]) + "".join(parts[2:])


def typed(step: Step) -> str:
    """The step as one line, with its placeholders."""
    where = "" if step.stack == MAIN else f" (stack {step.stack})"
    if step.action == "run":
        return f"{step.target}{where}$ {step.detail}"
    if step.action == "inspect":
        kind, _, key = step.target.partition(" ")
        return f"docker {kind} inspect --format '{{{{json .{step.detail}}}}}' {key}"
    if step.action in ("connect", "disconnect"):
        return f"docker network {step.action} {step.detail} {step.target}"
    if step.action == "remove":
        return f"pulumi destroy (stack {step.target})"
    return f"pulumi up{where}, with {' and '.join(step.files)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _anchor(title: str) -> str:
    words = title.lower().replace(" ", "-")
    return "".join(each for each in words if each.isalnum() or each == "-")
