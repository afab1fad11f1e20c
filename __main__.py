"""The Pulumi program: configuration -> model -> resources -> outputs."""
# ruff: noqa: E402 - the first call comes before the imports

import os

from components import shortcuts

shortcuts.pause_collector(os.environ)

# isort: split
from pathlib import Path

import pulumi

from causeway.model.environments import require_distinct_subnets
from causeway.model.errors import CausewayError, StackError, line_of, visible
from causeway.model.extension.assertions import require_assertions
from causeway.model.load import load_selected
from causeway.model.project import read_config
from causeway.model.reach import reach
from components import source_lines
from components.configuration import configuration, secret_keys
from components.engine import engine_facts
from components.environments import other_environments
from components.labels import Owner
from components.outputs import stack_outputs
from components.reach import deployed, log_difference
from components.secret_checks import check_secrets
from components.stack import Stack, StackArgs


def main() -> None:
    shortcuts.take(os.environ)
    project, stack_name = pulumi.get_project(), pulumi.get_stack()
    values = configuration()
    config = read_config(values, project, stack_name, secret_keys())
    loaded = load_selected(config)
    stack, positions = loaded.stack, {loaded.stack.name: loaded.positions}
    check_secrets(loaded, stack_name, config, os.environ)
    facts = engine_facts(config.engine_version, config.firewall_backend)
    unsure = require_assertions(loaded.assertions, stack, reach([stack], facts, positions))
    shared = require_distinct_subnets(loaded, other_environments(stack, stack_name, values))
    for warning in sorted({*loaded.warnings, *unsure, *shared}):
        pulumi.log.warn(line_of(warning, str(Path.cwd()), named=False))
    for used in stack.substitutions:
        pulumi.log.info(
            visible(
                f"{used.service}: uses the stand-in {used.used} for {used.wanted} "
                f"({config.origin(used.wanted)})"
            )
        )
    log_difference(stack, deployed(), facts, positions)
    owner = Owner(project, stack_name)
    source_lines.write_record(owner, loaded)
    resources = Stack(
        config.name,
        StackArgs(stack, owner, config.secrets, config.verify, config.probe_image),
    )
    for name, value in stack_outputs(stack, resources).items():
        pulumi.export(name, resources.concealment.conceal(value))


try:
    main()
except CausewayError as error:
    for told in error.warnings if isinstance(error, StackError) else ():
        pulumi.log.warn(told)
    raise pulumi.RunError(str(error)) from None
