"""The benchmark's arithmetic and its pages, from measurements written out by hand."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import pytest

from bench import plot, report


@pytest.fixture
def measurements() -> report.Measurements:
    found = report.Measurements({"processors": "2"})
    for action, subject, seconds in (
        ("up", "causeway", [9.0, 10.0, 30.0]),
        ("up", "api", [8.0, 8.0, 8.0]),
        ("up", "compose", [20.0, 16.0, 12.0]),
        ("preview", "causeway", [2.0, 2.0, 2.0]),
        ("preview", "empty", [1.0, 1.0, 1.0]),
        ("refresh", "causeway", [1.5, 1.5, 9.0]),
        ("refresh", "inspects", [0.25, 0.25, 0.25]),
        ("refresh", "empty", [1.0, 1.0, 1.0]),
        ("change", "causeway", [4.0, 4.0, 4.0]),
    ):
        for each in seconds:
            found.add(action, subject, 50, each)
    found.growth = {10: [1.25], 50: [2.0]}
    found.memory = {"causeway": 300.4}
    return found


def test_ratios_are_taken_from_medians(measurements: report.Measurements) -> None:
    assert measurements.ratios() == {
        "up_vs_api": 1.25,
        "up_vs_compose": 0.62,
        "preview_vs_empty": 2.0,
        "refresh_vs_inspects": 1.2,
    }


def test_the_last_line_names_the_ratios(measurements: report.Measurements) -> None:
    assert report.line(measurements) == (
        "up_vs_api=1.25 up_vs_compose=0.62 preview_vs_empty=2.0 refresh_vs_inspects=1.2"
    )


def test_the_json_holds_seconds_by_action_subject_and_services(
    measurements: report.Measurements,
) -> None:
    assert json.loads(report.as_json(measurements)) == {
        "machine": {"processors": "2"},
        "rounds": 3,
        "seconds": {
            "change": {"causeway": {"50": 4.0}},
            "preview": {"causeway": {"50": 2.0}, "empty": {"50": 1.0}},
            "refresh": {
                "causeway": {"50": 1.5},
                "empty": {"50": 1.0},
                "inspects": {"50": 0.25},
            },
            "up": {"api": {"50": 8.0}, "causeway": {"50": 10.0}, "compose": {"50": 16.0}},
        },
        "preview_growth_seconds": {"10": 1.25, "50": 2.0},
        "peak_memory_mebibytes": {"causeway": 300},
        "ratios": {
            "up_vs_api": 1.25,
            "up_vs_compose": 0.62,
            "preview_vs_empty": 2.0,
            "refresh_vs_inspects": 1.2,
        },
    }


def test_the_table_has_a_row_for_every_action_of_every_subject(
    measurements: report.Measurements,
) -> None:
    page = report.as_markdown(json.loads(report.as_json(measurements)))
    rows = [
        line
        for line in page.splitlines()
        if line.startswith(("| deploy", "| preview", "| refresh"))
    ]
    assert rows == [
        "| deploy: Causeway | 10.00 |",
        "| deploy: raw Engine API, 8 threads | 8.00 |",
        "| deploy: docker-compose 5.6.1 | 16.00 |",
        "| preview, nothing changed: Causeway | 2.00 |",
        "| preview, nothing changed: empty Pulumi program | 1.00 |",
        "| refresh, nothing changed: Causeway | 1.50 |",
        "| refresh, nothing changed: raw inspects, one after another | 0.25 |",
        "| refresh, nothing changed: empty Pulumi program | 1.00 |",
        "| deploy again, one service changed: Causeway | 4.00 |",
    ]
    assert "| `up_vs_api` | 1.25 | 1.35 |" in page
    assert "| `refresh_vs_inspects` | 1.20 | 1.50 |" in page


def test_the_plot_is_well_formed_and_draws_every_bar_and_point(
    measurements: report.Measurements,
) -> None:
    picture = ElementTree.fromstring(plot.draw(json.loads(report.as_json(measurements))))
    space = "{http://www.w3.org/2000/svg}"
    bars = [each for each in picture.iter(f"{space}rect") if each.get("class") != "back"]
    points = list(picture.iter(f"{space}circle"))
    assert (len(bars), len(points)) == (9, 2)
