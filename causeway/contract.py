"""The names that rooms share: labels on the engine, files of a project, types in Pulumi's state.

They are contract: what is deployed carries them, so a change here needs a migration.
"""

from __future__ import annotations

# On every container, network and volume, for people and queries. They prove no ownership.
PROJECT_LABEL = "causeway.project"
STACK_LABEL = "causeway.stack"
SERVICE_LABEL = "causeway.service"
REPLICA_LABEL = "causeway.replica"
# "network" on the container that holds a balancer's network namespace.
ROLE_LABEL = "causeway.role"
# On the containers that probe a stack's namespaces.
PROBE_LABEL = "causeway.probe"

# What the program asks of the plugin for a container.
RELOAD_LABEL = "causeway.reload"
RELOAD_CHECK_LABEL = "causeway.reload-check"
DRAIN_LABEL = "causeway.drain"
ORDER_LABEL = "causeway.order"
RENEW_LABEL = "causeway.renew-anon-volumes"
RESTART_WITH_LABEL = "causeway.restart-with"
# What pulumi_docker has no input for, as JSON; other plugins take it for plain labels.
CREATE_SOURCES_LABEL = "causeway.create-bind-sources"
EXPOSE_LABEL = "causeway.expose"
ANNOTATIONS_LABEL = "causeway.annotations"
DEVICE_CGROUP_RULES_LABEL = "causeway.device-cgroup-rules"
PIDS_LIMIT_LABEL = "causeway.pids-limit"
OOM_SCORE_LABEL = "causeway.oom-score-adj"
OOM_KILL_LABEL = "causeway.oom-kill-disable"
SWAPPINESS_LABEL = "causeway.mem-swappiness"
UTS_LABEL = "causeway.uts"

# Written by the plugin on what it creates: which resource of which state, run and checkout.
URN_LABEL = "causeway.urn"
RUN_LABEL = "causeway.run"
STATE_LABEL = "causeway.state"
CHECKOUT_LABEL = "causeway.checkout"
IMAGE_LABEL = "causeway.image"

# The namespace of the configuration keys, and the machine's own image substitutions.
NAMESPACE = "causeway"
LOCAL_FILE = "causeway.local.yaml"
# The project's folder for generated files; git ignores it.
FOLDER = ".causeway"
# The entry of a record of lines that names the Pulumi process which it is of.
RUN_ENTRY = "run"

CONTAINER_TYPE = "docker:index/container:Container"
NETWORK_TYPE = "docker:index/network:Network"
VOLUME_TYPE = "docker:index/volume:Volume"
ATTACHMENT_TYPE = "causeway:index:NetworkAttachment"
VERIFICATION_TYPE = "causeway:index:Verification"
STACK_TYPE = "causeway:components:Stack"
# The output of a stack's component that holds the record of its reach.
REACH_OUTPUT = "reach"
VOLUME_FUNCTION = "docker:index/getVolume:getVolume"
ENGINE_FUNCTION = "docker:index/getEngine:getEngine"


def lines_file(project: str, stack: str) -> str:
    """The name of the record of lines, in `FOLDER`."""
    return f"lines-{project}-{stack}.json"
