from causeway.model.compose.substitution import Bases, bases, substitute_bases
from causeway.model.values import Build, Substitution


def test_bases_of_a_dockerfile() -> None:
    dockerfile = """\
# syntax=docker/dockerfile:1
ARG PYTHON="python:3.9-slim" \\
    UNUSED=x
arg NGINX
FROM --platform=linux/amd64 ${PYTHON} AS build
ARG LATE=late:1
FROM $NGINX
from redis:7
FROM ${LATE}
FROM redis:7 AS again
FROM prefix/${PYTHON}
"""
    assert bases(dockerfile) == Bases(
        images=("redis:7", "prefix/${PYTHON}"),
        arguments=(("PYTHON", "python:3.9-slim"), ("NGINX", None), ("LATE", None)),
    )


def test_empty_dockerfile_has_no_bases() -> None:
    assert bases("") == Bases((), ())


def test_default_of_an_argument_is_replaced() -> None:
    build, made, fixed = substitute_bases(
        Build("/app"), "web", Bases((), (("BASE", "a:1"),)), {"a:1": "b:1"}
    )
    assert build.args == (("BASE", "b:1"),)
    assert made == (Substitution("web", "a:1", "b:1"),)
    assert fixed == ()


def test_argument_that_the_stack_sets_is_looked_up_by_its_own_value() -> None:
    build, made, _ = substitute_bases(
        Build("/app", args=(("BASE", "c:1"),)),
        "web",
        Bases((), (("BASE", "a:1"),)),
        {"a:1": "b:1", "c:1": "d:1"},
    )
    assert build.args == (("BASE", "d:1"),)
    assert made == (Substitution("web", "c:1", "d:1"),)


def test_base_that_is_written_out_is_reported() -> None:
    build, made, fixed = substitute_bases(
        Build("/app"), "web", Bases(("a:1", "x:1"), ()), {"a:1": "b:1"}
    )
    assert (build, made, fixed) == (Build("/app"), (), ("a:1",))
