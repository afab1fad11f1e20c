"""The tutorial's application: one page, and one address that says the process answers."""

from flask import Flask

app = Flask(__name__)


@app.route("/")
def hello() -> str:
    return "Hello from Flask!"


@app.route("/healthz")
def healthz() -> str:
    return "ok"
