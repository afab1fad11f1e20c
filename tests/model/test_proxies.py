"""Which names an nginx configuration would look up only once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from causeway.model.errors import render
from causeway.model.load import load
from causeway.model.rules.proxies import stale_names

NAMES = frozenset({"flask_app", "api"})
STACK = """
services:
  flask_app:
    image: app:1
  nginx:
    image: nginx:1
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("location / { proxy_pass http://flask_app:5000; }", [(1, "flask_app")]),
        ("location / {\n  proxy_pass http://flask_app;\n}", [(2, "flask_app")]),
        ("grpc_pass grpc://api:50051;", [(1, "api")]),
        ("fastcgi_pass api:9000;", [(1, "api")]),
        ("upstream all {\n server flask_app:5000;\n server api:1 weight=2;\n}",
         [(2, "flask_app"), (3, "api")]),
        ("upstream flask_app { server flask_app:5000; }\nproxy_pass http://flask_app;",
         [(1, "flask_app")]),
        ("upstream all { server flask_app:5000 resolve; }", []),
        ("set $flask_app flask_app; proxy_pass http://$flask_app:5000;", []),
        ("# proxy_pass http://flask_app:5000;", []),
        ("proxy_pass http://elsewhere.example:5000;", []),
        ("server { listen 80; server_name flask_app; }", []),
    ],
)  # fmt: skip
def test_a_literal_name_is_found_where_nginx_would_keep_its_address(
    text: str, found: list[tuple[int, str]]
) -> None:
    assert sorted(stale_names(text, NAMES)) == sorted(found)


def warnings(folder: Path, compose: str) -> str:
    (folder / "compose.yaml").write_text(compose)
    conf = "server {\n  location / {\n    proxy_pass http://flask_app:5000;\n  }\n}\n"
    (folder / "nginx.conf").write_text(conf)
    return render(load([folder / "compose.yaml"], name="shop").warnings, str(folder))


def test_the_preview_warns_with_place_and_cure(tmp_path: Path) -> None:
    assert warnings(tmp_path, STACK) == (
        "nginx.conf:3: services.nginx: warning: nginx resolves 'flask_app' only once, when it "
        "starts, and answers 502 after flask_app is replaced: let `x-causeway: balance` write the "
        "configuration; or write `resolver 127.0.0.11 valid=1s; set $target flask_app; "
        "proxy_pass http://$target:PORT;`; or `depends_on: {flask_app: {restart: true}}`, which "
        "interrupts service"
    )


def test_an_nginx_that_is_replaced_with_its_target_is_fine(tmp_path: Path) -> None:
    restarted = STACK + "    depends_on: {flask_app: {condition: service_started, restart: true}}\n"
    assert warnings(tmp_path, restarted) == ""


def test_a_file_in_a_build_context_is_looked_at_too(tmp_path: Path) -> None:
    built = STACK.replace("image: nginx:1", "build: .").replace("    volumes", "    #")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert "nginx.conf:3: services.nginx: warning" in warnings(tmp_path, built)


def test_the_web_stack_of_this_project_is_fine(tmp_path: Path) -> None:
    shutil.copytree("stacks/web", tmp_path / "web")
    assert load([tmp_path / "web" / "compose.yaml"], name="web").warnings == ()
