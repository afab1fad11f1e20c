"""Settings that pulumi_docker has no input for, as labels that Causeway's plugin reads.

The official plugin takes them for plain labels, so a program runs on either.
"""

from __future__ import annotations

import json

from causeway.contract import (
    ANNOTATIONS_LABEL,
    CREATE_SOURCES_LABEL,
    DEVICE_CGROUP_RULES_LABEL,
    EXPOSE_LABEL,
    OOM_KILL_LABEL,
    OOM_SCORE_LABEL,
    PIDS_LIMIT_LABEL,
    SWAPPINESS_LABEL,
    UTS_LABEL,
)
from causeway.model.values import Service


def label_inputs(service: Service) -> dict[str, str]:
    """Label -> the setting as JSON, for each setting that the service makes."""
    created = sorted(
        mount.target for mount in service.mounts if mount.create_source and mount.selinux is None
    )
    pids = service.resources.pids
    settings = {
        ANNOTATIONS_LABEL: dict(service.annotations),
        CREATE_SOURCES_LABEL: created,
        DEVICE_CGROUP_RULES_LABEL: list(service.device_cgroup_rules),
        EXPOSE_LABEL: sorted(set(service.expose)),
        OOM_KILL_LABEL: service.oom_kill_disable or None,
        OOM_SCORE_LABEL: service.oom_score_adj,
        PIDS_LIMIT_LABEL: pids if pids and pids > 0 else None,
        SWAPPINESS_LABEL: service.mem_swappiness,
        UTS_LABEL: service.uts,
    }
    return {
        label: json.dumps(value, sort_keys=True, separators=(",", ":"))
        for label, value in settings.items()
        if value is not None and value != [] and value != {}
    }
