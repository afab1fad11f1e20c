"""The support table: how every key of a Compose file is handled.

A row is a key path (`*` any name, `[]` any item). `supported` keys are applied,
`rejected` ones stop with the reason, `ignored` ones are dropped with a warning. `values`
lists accepted values of a key; for any other value the row's status applies.
docs/support.md is generated from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["supported", "rejected", "ignored"]


@dataclass(frozen=True, slots=True)
class Row:
    path: str
    status: Status
    reason: str = ""
    values: tuple[str, ...] = ()


def _supported(prefix: str, keys: str) -> tuple[Row, ...]:
    return tuple(Row(prefix + key, "supported") for key in keys.split())


def _rejected(path: str, reason: str, *values: str) -> Row:
    return Row(path, "rejected", reason, values)


def _ignored(path: str, reason: str, *values: str) -> Row:
    return Row(path, "ignored", reason, values)


def _only(path: str, reason: str, *values: str) -> Row:
    return Row(path, "supported", reason, values)


def _note(path: str, reason: str) -> Row:
    return Row(path, "supported", reason)


_S = "services.*."
_SWARM = "only Swarm supports this; it has no effect on a single engine"
_OURS = "only with Causeway's plugin, which reads it from a label"
_ENGINE_ONLY = "the Pulumi resource docker.Container has no such input; remove the key"
_WINDOWS = "applies to Windows containers only; remove the key"
_CLASSIC = (
    "requires BuildKit, but images are built with the engine's classic builder; remove the key"
)
_HOOKS = "lifecycle hooks are not run; run the command from the image's entrypoint"

TOP: tuple[Row, ...] = (
    _ignored("name", "the name comes from the Pulumi project and stack"),
    _ignored("version", "obsolete since Compose V2; remove it"),
    *_supported("", "include services networks volumes secrets configs"),
    _rejected("models", "AI models are not deployed; run the model as a service"),
)

SERVICE: tuple[Row, ...] = (
    _note(f"{_S}annotations", f"{_OURS}; needs Docker 24"),
    _ignored(
        f"{_S}attach", "`pulumi up` does not attach to containers; read logs with `docker logs`"
    ),
    _rejected(f"{_S}blkio_config", "block I/O limits cannot be set; remove the key"),
    *_supported(_S, "build cap_add cap_drop"),
    _only(f"{_S}cgroup", "", "host", "private"),
    *_supported(_S, "cgroup_parent command configs container_name"),
    _rejected(f"{_S}cpu_count", _WINDOWS),
    _rejected(f"{_S}cpu_percent", _WINDOWS),
    *_supported(_S, "cpu_period cpu_quota"),
    _rejected(f"{_S}cpu_rt_period", f"{_ENGINE_ONLY} (use cpus)"),
    _rejected(f"{_S}cpu_rt_runtime", f"{_ENGINE_ONLY} (use cpus)"),
    *_supported(_S, "cpu_shares cpus cpuset"),
    _rejected(f"{_S}credential_spec", _WINDOWS),
    *_supported(_S, "depends_on deploy"),
    _ignored(f"{_S}develop", "`pulumi up` rebuilds changed images; files are not watched"),
    _note(f"{_S}device_cgroup_rules", _OURS),
    *_supported(_S, "devices dns dns_opt dns_search domainname entrypoint env_file environment"),
    _note(f"{_S}expose", f"publishes nothing; {_OURS}"),
    _note(f"{_S}extends", "resolved when the file is loaded"),
    _rejected(f"{_S}external_links", f"{_ENGINE_ONLY} (share an external network instead)"),
    *_supported(_S, "extra_hosts"),
    *_supported(_S, "gpus"),
    *_supported(_S, "group_add healthcheck hostname image init ipc"),
    _rejected(f"{_S}isolation", _WINDOWS, "default"),
    _note(f"{_S}label_file", "resolved when the file is loaded"),
    *_supported(_S, "labels"),
    _note(
        f"{_S}links", "sets the start order; a link name becomes an alias on the shared networks"
    ),
    *_supported(_S, "logging"),
    _note(f"{_S}mac_address", "assigned on the first network in alphabetical order"),
    _note(f"{_S}mem_limit", "rounded up to whole MiB"),
    _note(f"{_S}mem_reservation", "rounded up to whole MiB"),
    _note(f"{_S}mem_swappiness", _OURS),
    _note(f"{_S}memswap_limit", "rounded up to whole MiB; -1 is no limit"),
    _rejected(f"{_S}models", "AI models are not deployed; run the model as a service"),
    _note(f"{_S}network_mode", "`host`, `none`, `bridge`, `service:NAME` or `container:NAME`"),
    *_supported(_S, "networks"),
    _note(f"{_S}oom_kill_disable", _OURS),
    _note(f"{_S}oom_score_adj", _OURS),
    *_supported(_S, "pid"),
    _note(f"{_S}pids_limit", _OURS),
    *_supported(_S, "platform"),
    _note(f"{_S}ports", "ignored with a warning beside `network_mode: host`"),
    _rejected(f"{_S}post_start", _HOOKS),
    _rejected(f"{_S}pre_start", _HOOKS),
    _rejected(f"{_S}pre_stop", _HOOKS),
    *_supported(_S, "privileged"),
    _note(f"{_S}profiles", "enabled by causeway:profiles"),
    _rejected(
        f"{_S}provider",
        "would run a program on this machine; declare the resource in Pulumi instead",
    ),
    _ignored(
        f"{_S}pull_policy",
        "an image is pulled only if the engine does not have it",
        *("missing", "if_not_present", "build"),
    ),
    _ignored(f"{_S}pull_refresh_after", "an image is pulled only if the engine does not have it"),
    *_supported(_S, "read_only"),
    _only(f"{_S}restart", "", "no", "always", "unless-stopped", "on-failure", "on-failure:*"),
    *_supported(_S, "runtime scale secrets security_opt"),
    _note(f"{_S}shm_size", "rounded up to whole MiB"),
    *_supported(_S, "stdin_open"),
    _note(f"{_S}stop_grace_period", "rounded up to whole seconds"),
    *_supported(_S, "stop_signal storage_opt sysctls tmpfs tty ulimits"),
    _rejected(f"{_S}use_api_socket", "mount the socket and the credentials explicitly", "false"),
    *_supported(_S, "user userns_mode"),
    _note(f"{_S}uts", _OURS),
    *_supported(_S, "volumes"),
    _note(f"{_S}volumes_from", "of a service's first container, or `container:NAME`"),
    *_supported(_S, "working_dir"),
)

BUILD: tuple[Row, ...] = (
    _rejected(f"{_S}build.additional_contexts", _CLASSIC),
    *_supported(f"{_S}build.", "args cache_from"),
    _rejected(f"{_S}build.cache_to", _CLASSIC),
    _note(f"{_S}build.context", "a folder on this machine"),
    *_supported(f"{_S}build.", "dockerfile dockerfile_inline"),
    _rejected(f"{_S}build.entitlements", _CLASSIC),
    *_supported(f"{_S}build.", "extra_hosts"),
    _rejected(f"{_S}build.isolation", _WINDOWS, "default"),
    _rejected(f"{_S}build.labels", "write LABEL in the Dockerfile"),
    *_supported(f"{_S}build.", "network"),
    _ignored(f"{_S}build.no_cache", "the engine's build cache is used", "false"),
    _note(f"{_S}build.platforms", "one platform"),
    _rejected(f"{_S}build.privileged", _CLASSIC, "false"),
    _ignored(f"{_S}build.provenance", "no attestation is made", "false"),
    _ignored(
        f"{_S}build.pull", "base images are pulled only if the engine does not have them", "false"
    ),
    _ignored(f"{_S}build.sbom", "no attestation is made", "false"),
    _rejected(f"{_S}build.secrets", _CLASSIC),
    _rejected(f"{_S}build.shm_size", "the Pulumi resource docker.Image has no such input"),
    _rejected(f"{_S}build.ssh", _CLASSIC),
    _ignored(f"{_S}build.tags", "the image is tagged with the name under `image`"),
    *_supported(f"{_S}build.", "target"),
    _rejected(f"{_S}build.ulimits", "the Pulumi resource docker.Image has no such input"),
)

_D = f"{_S}deploy."
_FAILED = "a failed replica stops the update, and the old replicas keep running"
DEPLOY: tuple[Row, ...] = (
    _ignored(
        f"{_D}endpoint_mode", "the service name resolves to the addresses of all replicas", "dnsrr"
    ),
    _ignored(f"{_D}labels", "they apply to Swarm services; use `labels` for containers"),
    _only(f"{_D}mode", "`global` is one container", "replicated", "global"),
    _ignored(f"{_D}placement", _SWARM),
    *_supported(_D, "replicas resources resources.limits resources.limits.cpus"),
    _note(f"{_D}resources.limits.memory", "rounded up to whole MiB"),
    _note(f"{_D}resources.limits.pids", _OURS),
    *_supported(_D, "resources.reservations"),
    _ignored(f"{_D}resources.reservations.cpus", "the engine does not reserve CPUs"),
    *_supported(_D, "resources.reservations.devices"),
    *_supported(
        f"{_D}resources.reservations.devices[].", "capabilities count device_ids driver options"
    ),
    _ignored(f"{_D}resources.reservations.generic_resources", _SWARM),
    _note(f"{_D}resources.reservations.memory", "rounded up to whole MiB"),
    *_supported(_D, "restart_policy"),
    _only(
        f"{_D}restart_policy.condition",
        "",
        *("none", "no", "on-failure", "any", "always", "unless-stopped"),
    ),
    _ignored(f"{_D}restart_policy.delay", "the engine chooses the delay"),
    _note(f"{_D}restart_policy.max_attempts", "with condition `on-failure`"),
    _ignored(f"{_D}restart_policy.window", "the engine decides when a start has succeeded"),
    _ignored(f"{_D}rollback_config", "to go back, deploy the earlier version"),
    *_supported(_D, "update_config"),
    _ignored(f"{_D}update_config.delay", "each step waits until the new replicas are healthy"),
    _ignored(f"{_D}update_config.failure_action", _FAILED, "pause"),
    _ignored(f"{_D}update_config.max_failure_ratio", _FAILED, "0"),
    _ignored(f"{_D}update_config.monitor", "the health check decides when a replica is ready"),
    _only(f"{_D}update_config.order", "", "start-first", "stop-first"),
    _note(f"{_D}update_config.parallelism", "0 (the default) updates all replicas at once"),
)

_V = f"{_S}volumes[]."
PARTS: tuple[Row, ...] = (
    *_supported(f"{_S}depends_on.*.", "condition required restart"),
    *_supported(f"{_S}devices[].", "permissions source target"),
    *_supported(f"{_S}gpus[].", "capabilities count device_ids driver options"),
    *_supported(
        f"{_S}healthcheck.", "disable interval retries start_interval start_period test timeout"
    ),
    *_supported(f"{_S}logging.", "driver options"),
    *_supported(f"{_S}networks.*.", "aliases driver_opts gw_priority"),
    _rejected(f"{_S}networks.*.interface_name", _ENGINE_ONLY),
    *_supported(f"{_S}networks.*.", "ipv4_address ipv6_address link_local_ips mac_address"),
    _ignored(f"{_S}networks.*.priority", "the order of networks has no effect; use gw_priority"),
    _note(f"{_S}ports[].app_protocol", "`http` or `https` makes the port a URL of the outputs"),
    *_supported(f"{_S}ports[].", "host_ip"),
    _note(f"{_S}ports[].mode", "`host` and `ingress` behave the same on a single engine"),
    _note(f"{_S}ports[].name", "informational only"),
    *_supported(f"{_S}ports[].", "protocol"),
    _note(
        f"{_S}ports[].published", "a single port; a range needs an equally long range of targets"
    ),
    *_supported(f"{_S}ports[].", "target"),
    *(
        row
        for kind in ("configs", "secrets")
        for row in (
            _ignored(f"{_S}{kind}[].gid", "the file belongs to root, as in Compose", "0"),
            *_supported(f"{_S}{kind}[].", "mode source target"),
            _ignored(f"{_S}{kind}[].uid", "the file belongs to root, as in Compose", "0"),
        )
    ),
    *_supported(f"{_S}ulimits.*.", "hard soft"),
    *_supported(_V, "bind"),
    _note(
        f"{_V}bind.create_host_path",
        f"the engine creates a missing folder unless this is `false`; {_OURS}",
    ),
    *_supported(_V, "bind.propagation"),
    _rejected(f"{_V}bind.recursive", "the Pulumi resource docker.Container has no such input"),
    _only(f"{_V}bind.selinux", "not together with `propagation`", "z", "Z"),
    _ignored(f"{_V}consistency", "was for Docker Desktop for Mac and has no effect"),
    _rejected(f"{_V}image", "images cannot be mounted; copy the files in a Dockerfile"),
    *_supported(_V, "read_only source target tmpfs tmpfs.mode tmpfs.size"),
    _only(f"{_V}type", "", "bind", "volume", "tmpfs"),
    *_supported(_V, "volume"),
    _ignored(f"{_V}volume.labels", "label the volume under the top-level `volumes`"),
    *_supported(_V, "volume.nocopy"),
    _note(f"{_V}volume.subpath", "needs Docker 26; the folder must exist"),
)

NETWORK: tuple[Row, ...] = (
    *_supported("networks.*.", "attachable driver driver_opts"),
    _rejected("networks.*.enable_ipv4", "docker.Network cannot disable IPv4", "true"),
    *_supported("networks.*.", "enable_ipv6 external internal ipam"),
    *_supported("networks.*.ipam.", "config driver options"),
    *_supported("networks.*.ipam.config[].", "aux_addresses gateway ip_range subnet"),
    *_supported("networks.*.", "labels name"),
)

VOLUME: tuple[Row, ...] = _supported("volumes.*.", "driver driver_opts external labels name")

_EXTERNAL = "only Swarm stores them on the engine; use a file instead"
FILE: tuple[Row, ...] = (
    *_supported("configs.*.", "content environment"),
    _rejected("configs.*.external", _EXTERNAL, "false"),
    *_supported("configs.*.", "file"),
    _ignored("configs.*.labels", _SWARM),
    *_supported("configs.*.", "name"),
    _rejected("configs.*.template_driver", _SWARM),
    _rejected("secrets.*.driver", _EXTERNAL),
    _rejected("secrets.*.driver_opts", _EXTERNAL),
    *_supported("secrets.*.", "environment"),
    _rejected("secrets.*.external", _EXTERNAL, "false"),
    *_supported("secrets.*.", "file"),
    _ignored("secrets.*.labels", _SWARM),
    *_supported("secrets.*.", "name"),
    _rejected("secrets.*.template_driver", _SWARM),
)

SECTIONS: tuple[tuple[str, tuple[Row, ...]], ...] = (
    ("Top level", TOP),
    ("Services", SERVICE),
    ("Build", BUILD),
    ("Deploy", DEPLOY),
    ("Parts of services", PARTS),
    ("Networks", NETWORK),
    ("Volumes", VOLUME),
    ("Secrets and configs", FILE),
)

TABLE: dict[str, Row] = {row.path: row for _, rows in SECTIONS for row in rows}
