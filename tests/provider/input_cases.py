"""Every input of Container and Network, changed alone: what is to happen and how it shows.

A value may hold `{words}` in braces, which stand for names and ids of the test run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

IN_PLACE, REPLACED, RECORDED, REFUSED = "in place", "replaced", "recorded", "refused"
# Replaced, but in force only where the machine allows it; `reason` is what ours may say instead.
DEPENDS = "replaced, if the Docker host allows it"


@dataclass(frozen=True, slots=True)
class Case:
    """`base` and then `base` with `new` over it; `where` is the path in `docker inspect`.

    A None in `new` takes the input away. `expected` is the value in force afterwards; for inputs
    that the engine never sees, it is looked for in the resource's own outputs.
    """

    input: str
    change: str
    new: dict[str, Any]
    outcome: str
    where: str = ""
    expected: Any = None
    base: dict[str, Any] = field(default_factory=dict)
    # For `refused`: what the plugin or the engine says. For others: a remark for the page.
    reason: str = ""
    # Whether engines newer than Debian's do it differently.
    debian: bool = False


HOST = "HostConfig."
FRONT = {"name": "{front}"}
BACK = {"name": "{back}"}
_CHECK = {"tests": ["CMD", "true"], "interval": "30s"}


def _networks(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"networksAdvanced": list(entries)}


def _recorded(name: str, value: Any, **base: Any) -> Case:
    return Case(name, f"set to {value}".lower(), {name: value}, RECORDED, name, value, base)


def _device(name: str, key: str, rate: int) -> Case:
    return Case(
        name,
        "added",
        {name: [{"path": "/dev/loop0", "rate": rate}]},
        REPLACED,
        HOST + key,
        [{"Path": "/dev/loop0", "Rate": rate}],
    )


CONTAINER_CASES: tuple[Case, ...] = (
    Case("attach", "set to true", {"attach": True}, RECORDED, "attach", True),
    Case(
        "capabilities.adds",
        "one added",
        {"capabilities": {"adds": ["CAP_NET_ADMIN"]}},
        REPLACED,
        HOST + "CapAdd",
        ["CAP_NET_ADMIN"],
    ),
    Case(
        "capabilities.drops",
        "one added",
        {"capabilities": {"drops": ["CAP_MKNOD"]}},
        REPLACED,
        HOST + "CapDrop",
        ["CAP_MKNOD"],
    ),
    Case(
        "cgroupParent",
        "set",
        {"cgroupParent": "{group}"},
        REPLACED,
        HOST + "CgroupParent",
        "{group}",
    ),
    Case(
        "cgroupnsMode",
        "host to private",
        {"cgroupnsMode": "private"},
        REPLACED,
        HOST + "CgroupnsMode",
        "private",
    ),
    Case(
        "command",
        "changed",
        {"command": ["sh", "-c", "exec pause"]},
        REPLACED,
        "Config.Cmd",
        ["sh", "-c", "exec pause"],
    ),
    _recorded("containerReadRefreshTimeoutMilliseconds", 20000),
    Case(
        "cpuPeriod",
        "100000 to 50000",
        {"cpuPeriod": 50000},
        IN_PLACE,
        HOST + "CpuPeriod",
        50000,
        {"cpuPeriod": 100000},
    ),
    Case(
        "cpuQuota",
        "50000 to 25000",
        {"cpuQuota": 25000},
        IN_PLACE,
        HOST + "CpuQuota",
        25000,
        {"cpuQuota": 50000},
    ),
    Case(
        "cpuSet",
        "0 to 0-1",
        {"cpuSet": "0-1"},
        IN_PLACE,
        HOST + "CpusetCpus",
        "0-1",
        {"cpuSet": "0"},
    ),
    Case(
        "cpuShares",
        "512 to 256",
        {"cpuShares": 256},
        IN_PLACE,
        HOST + "CpuShares",
        256,
        {"cpuShares": 512},
    ),
    Case(
        "cpus",
        "0.5 to 0.75",
        {"cpus": "0.75"},
        IN_PLACE,
        HOST + "NanoCpus",
        750_000_000,
        {"cpus": "0.5"},
    ),
    Case(
        "cpus",
        "removed",
        {"cpus": None},
        REPLACED,
        HOST + "NanoCpus",
        0,
        {"cpus": "0.5"},
        "the engine can change a limit but not remove it",
    ),
    Case(
        "cpus",
        "instead of cpuQuota",
        {"cpus": "0.5", "cpuQuota": None},
        REPLACED,
        HOST + "NanoCpus",
        500_000_000,
        {"cpuQuota": 50000},
        "the engine rejects the two together",
    ),
    _recorded("destroyGraceSeconds", 3),
    _device("deviceReadBps", "BlkioDeviceReadBps", 1000000),
    _device("deviceReadIops", "BlkioDeviceReadIOps", 100),
    _device("deviceWriteBps", "BlkioDeviceWriteBps", 1000000),
    _device("deviceWriteIops", "BlkioDeviceWriteIOps", 100),
    Case(
        "deviceRequests",
        "added",
        {"deviceRequests": [{"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}]},
        DEPENDS,
        reason='could not select device driver "nvidia" with capabilities: [[gpu]]',
    ),
    Case(
        "devices",
        "added",
        {
            "devices": [
                {"hostPath": "/dev/null", "containerPath": "/dev/nothing", "permissions": "r"}
            ]
        },
        REPLACED,
        HOST + "Devices",
        [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/nothing", "CgroupPermissions": "r"}],
    ),
    Case(
        "dns",
        "order changed",
        {"dns": ["9.9.9.9", "1.1.1.1"]},
        REPLACED,
        HOST + "Dns",
        ["9.9.9.9", "1.1.1.1"],
        {"dns": ["1.1.1.1", "9.9.9.9"]},
    ),
    Case(
        "dnsOpts", "added", {"dnsOpts": ["timeout:1"]}, REPLACED, HOST + "DnsOptions", ["timeout:1"]
    ),
    Case(
        "dnsSearches",
        "added",
        {"dnsSearches": ["example.test"]},
        REPLACED,
        HOST + "DnsSearch",
        ["example.test"],
    ),
    Case(
        "domainname",
        "set",
        {"domainname": "example.test"},
        REPLACED,
        "Config.Domainname",
        "example.test",
    ),
    Case(
        "entrypoints",
        "set",
        {"entrypoints": ["sh", "-c", "exec pause"]},
        REPLACED,
        "Config.Entrypoint",
        ["sh", "-c", "exec pause"],
    ),
    Case(
        "envs",
        "changed",
        {"envs": ["A=2"]},
        REPLACED,
        "Config.Env",
        ["A=2", "PATH=/bin"],
        {"envs": ["A=1"]},
    ),
    Case(
        "envs",
        "order changed",
        {"envs": ["B=2", "A=1"]},
        "nothing",
        "Config.Env",
        ["A=1", "B=2", "PATH=/bin"],
        {"envs": ["A=1", "B=2"]},
    ),
    Case(
        "gpus",
        "set",
        {"gpus": "all"},
        DEPENDS,
        reason="could not select device driver",
        debian=True,
    ),
    Case("groupAdds", "added", {"groupAdds": ["7"]}, REPLACED, HOST + "GroupAdd", ["7"]),
    Case(
        "healthcheck",
        "changed",
        {
            "healthcheck": {
                "tests": ["CMD", "test", "-e", "/"],
                "interval": "1m30s",
                "timeout": "2s",
                "startPeriod": "500ms",
                "retries": 5,
            }
        },
        REPLACED,
        "Config.Healthcheck",
        {
            "Test": ["CMD", "test", "-e", "/"],
            "Interval": 90_000_000_000,
            "Timeout": 2_000_000_000,
            "StartPeriod": 500_000_000,
            "Retries": 5,
        },
        {"healthcheck": _CHECK},
    ),
    Case(
        "healthcheck",
        "1m30s written as 90s",
        {"healthcheck": {**_CHECK, "interval": "90s"}},
        "nothing",
        "Config.Healthcheck.Interval",
        90_000_000_000,
        {"healthcheck": {**_CHECK, "interval": "1m30s"}},
    ),
    Case(
        "healthcheck.startInterval",
        "set",
        {"healthcheck": {**_CHECK, "startInterval": "1s"}},
        REFUSED,
        reason="needs Docker 25 or newer (API 1.44; this engine has 1.41)",
        debian=True,
    ),
    Case("hostname", "set", {"hostname": "web"}, REPLACED, "Config.Hostname", "web"),
    Case(
        "hosts",
        "added",
        {"hosts": [{"host": "db", "ip": "10.0.0.9"}]},
        REPLACED,
        HOST + "ExtraHosts",
        ["db:10.0.0.9"],
    ),
    Case(
        "image",
        "another image",
        {"image": "{other_image}"},
        REPLACED,
        "Config.Image",
        "{other_image}",
    ),
    Case("init", "set to true", {"init": True}, REPLACED, HOST + "Init", True),
    Case(
        "ipcMode",
        "private to shareable",
        {"ipcMode": "shareable"},
        REPLACED,
        HOST + "IpcMode",
        "shareable",
    ),
    Case(
        "labels",
        "added",
        {"labels": [{"label": "tier", "value": "web"}]},
        REPLACED,
        "Config.Labels.tier",
        "web",
    ),
    Case(
        "logDriver",
        "json-file to local",
        {"logDriver": "local"},
        REPLACED,
        HOST + "LogConfig.Type",
        "local",
    ),
    Case(
        "logOpts",
        "added",
        {"logOpts": {"max-size": "1m"}},
        REPLACED,
        HOST + "LogConfig.Config",
        {"max-size": "1m"},
    ),
    _recorded("logs", True, attach=True, command=["true"], mustRun=False),
    Case(
        "maxRetryCount",
        "2 to 5",
        {"maxRetryCount": 5},
        IN_PLACE,
        HOST + "RestartPolicy.MaximumRetryCount",
        5,
        {"restart": "on-failure", "maxRetryCount": 2},
    ),
    Case("memory", "64 to 96", {"memory": 96}, IN_PLACE, HOST + "Memory", 96 << 20, {"memory": 64}),
    Case(
        "memory",
        "removed",
        {"memory": None},
        REPLACED,
        HOST + "Memory",
        0,
        {"memory": 64},
        "the engine can change a limit but not remove it",
    ),
    Case(
        "memoryReservation",
        "32 to 48",
        {"memoryReservation": 48},
        IN_PLACE,
        HOST + "MemoryReservation",
        48 << 20,
        {"memory": 64, "memoryReservation": 32},
    ),
    Case(
        "memorySwap",
        "128 to 192",
        {"memorySwap": 192},
        IN_PLACE,
        HOST + "MemorySwap",
        192 << 20,
        {"memory": 64, "memorySwap": 128},
    ),
    Case(
        "mounts",
        "tmpfs size changed",
        {"mounts": [{"type": "tmpfs", "target": "/t", "tmpfsOptions": {"sizeBytes": 8192}}]},
        REPLACED,
        HOST + "Mounts",
        [{"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 8192}}],
        {"mounts": [{"type": "tmpfs", "target": "/t", "tmpfsOptions": {"sizeBytes": 4096}}]},
    ),
    Case(
        "mounts.volumeOptions.subpath",
        "set",
        {
            "mounts": [
                {
                    "type": "volume",
                    "source": "{prefix}-data",
                    "target": "/d",
                    "volumeOptions": {"subpath": "a"},
                }
            ]
        },
        REFUSED,
        reason="needs Docker 26 or newer (API 1.45; this engine has 1.41)",
        debian=True,
    ),
    _recorded("mustRun", False),
    Case(
        "name",
        "changed",
        {"name": "{prefix}-renamed"},
        IN_PLACE,
        "Name",
        "/{prefix}-renamed",
        {"name": "{prefix}-named"},
    ),
    Case(
        "networkMode",
        "bridge to none",
        {"networkMode": "none"},
        REPLACED,
        HOST + "NetworkMode",
        "none",
    ),
    Case(
        "networksAdvanced",
        "network added",
        _networks(FRONT, BACK),
        IN_PLACE,
        "NetworkSettings.Networks",
        ["{prefix}-back", "{prefix}-front"],
        _networks(FRONT),
    ),
    Case(
        "networksAdvanced",
        "network removed",
        _networks(FRONT),
        IN_PLACE,
        "NetworkSettings.Networks",
        ["{prefix}-front"],
        _networks(FRONT, BACK),
    ),
    Case(
        "networksAdvanced",
        "order changed",
        _networks(BACK, FRONT),
        "nothing",
        "NetworkSettings.Networks",
        ["{prefix}-back", "{prefix}-front"],
        _networks(FRONT, BACK),
    ),
    Case(
        "networksAdvanced.aliases",
        "changed",
        _networks({**FRONT, "aliases": ["www"]}),
        IN_PLACE,
        "NetworkSettings.Networks.{prefix}-front.Aliases",
        ["www"],
        _networks({**FRONT, "aliases": ["web"]}),
    ),
    Case(
        "networksAdvanced.driverOpts",
        "added",
        _networks({**FRONT, "driverOpts": ["a=b"]}),
        IN_PLACE,
        "NetworkSettings.Networks.{prefix}-front.DriverOpts",
        {"a": "b"},
        _networks(FRONT),
    ),
    Case(
        "networksAdvanced.gwPriority",
        "set",
        _networks({**FRONT, "gwPriority": 5}),
        REFUSED,
        base=_networks(FRONT),
        reason="needs Docker 28 or newer (API 1.48; this engine has 1.41)",
        debian=True,
    ),
    Case(
        "networksAdvanced.ipv4Address",
        "changed",
        _networks({**BACK, "ipv4Address": "10.73.0.8"}),
        IN_PLACE,
        "NetworkSettings.Networks.{prefix}-back.IPAddress",
        "10.73.0.8",
        _networks({**BACK, "ipv4Address": "10.73.0.7"}),
    ),
    Case(
        "networksAdvanced.ipv6Address",
        "changed",
        _networks({**BACK, "ipv6Address": "fd00:73::8"}),
        IN_PLACE,
        "NetworkSettings.Networks.{prefix}-back.GlobalIPv6Address",
        "fd00:73::8",
        _networks({**BACK, "ipv6Address": "fd00:73::7"}),
    ),
    Case(
        "networksAdvanced.linkLocalIps",
        "added",
        _networks({**BACK, "linkLocalIps": ["169.254.34.68"]}),
        IN_PLACE,
        "NetworkSettings.Networks.{prefix}-back.IPAMConfig.LinkLocalIPs",
        ["169.254.34.68"],
        _networks(BACK),
    ),
    Case(
        "networksAdvanced.macAddress",
        "changed",
        _networks({**FRONT, "macAddress": "02:42:0a:49:00:08"}),
        REPLACED,
        "NetworkSettings.Networks.{prefix}-front.MacAddress",
        "02:42:0a:49:00:08",
        _networks({**FRONT, "macAddress": "02:42:0a:49:00:07"}),
        "before Docker 25, a MAC address can be set only at creation; in place from Docker 25 on",
        debian=True,
    ),
    Case("pidMode", "set to host", {"pidMode": "host"}, REPLACED, HOST + "PidMode", "host"),
    Case(
        "platform",
        "set",
        {"platform": "linux/amd64"},
        REPLACED,
        "Platform",
        "linux",
        reason="the engine reports only the operating system",
    ),
    Case(
        "ports",
        "external added",
        {"ports": [{"internal": 80, "external": 18190, "ip": "127.0.0.1"}]},
        REPLACED,
        HOST + "PortBindings",
        {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18190"}]},
        {"ports": [{"internal": 80, "ip": "127.0.0.1"}]},
    ),
    Case(
        "privileged",
        "set to true",
        {"privileged": True},
        DEPENDS,
        HOST + "Privileged",
        True,
        reason="unable to apply caps",
    ),
    Case(
        "publishAllPorts",
        "set to true",
        {"publishAllPorts": True},
        REPLACED,
        HOST + "PublishAllPorts",
        True,
    ),
    Case("readOnly", "set to true", {"readOnly": True}, REPLACED, HOST + "ReadonlyRootfs", True),
    _recorded("removeVolumes", False),
    Case(
        "restart",
        "no to always",
        {"restart": "always"},
        IN_PLACE,
        HOST + "RestartPolicy.Name",
        "always",
    ),
    Case(
        "restart",
        "removed",
        {"restart": None},
        IN_PLACE,
        HOST + "RestartPolicy.Name",
        "no",
        {"restart": "always"},
    ),
    Case("rm", "set to true", {"rm": True}, REPLACED, HOST + "AutoRemove", True),
    Case(
        "runtime",
        "runc to io.containerd.runc.v2",
        {"runtime": "io.containerd.runc.v2"},
        REPLACED,
        HOST + "Runtime",
        "io.containerd.runc.v2",
    ),
    Case(
        "securityOpts",
        "added",
        {"securityOpts": ["no-new-privileges"]},
        REPLACED,
        HOST + "SecurityOpt",
        ["no-new-privileges"],
    ),
    Case(
        "shmSize",
        "64 to 32",
        {"shmSize": 32},
        REPLACED,
        HOST + "ShmSize",
        32 << 20,
        {"shmSize": 64},
    ),
    _recorded("start", False),
    Case("stdinOpen", "set to true", {"stdinOpen": True}, REPLACED, "Config.OpenStdin", True),
    Case("stopSignal", "set", {"stopSignal": "SIGINT"}, REPLACED, "Config.StopSignal", "SIGINT"),
    Case("stopTimeout", "set", {"stopTimeout": 3}, REPLACED, "Config.StopTimeout", 3),
    Case(
        "storageOpts",
        "set",
        {"storageOpts": {"size": "1G"}},
        DEPENDS,
        reason="--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
    ),
    Case(
        "sysctls",
        "added",
        {"sysctls": {"net.ipv4.ip_forward": "0"}},
        REPLACED,
        HOST + "Sysctls",
        {"net.ipv4.ip_forward": "0"},
    ),
    Case(
        "tmpfs",
        "options changed",
        {"tmpfs": {"/t": "size=2m"}},
        REPLACED,
        HOST + "Tmpfs",
        {"/t": "size=2m"},
        {"tmpfs": {"/t": "size=1m"}},
    ),
    Case("tty", "set to true", {"tty": True}, REPLACED, "Config.Tty", True),
    Case(
        "ulimits",
        "added",
        {"ulimits": [{"name": "nofile", "soft": 100, "hard": 200}]},
        REPLACED,
        HOST + "Ulimits",
        [{"Name": "nofile", "Soft": 100, "Hard": 200}],
    ),
    Case(
        "uploads",
        "content changed",
        {"uploads": [{"file": "/a", "content": "new"}]},
        REPLACED,
        "file:/a",
        "new",
        {"uploads": [{"file": "/a", "content": "old"}]},
    ),
    Case("user", "set", {"user": "7:7"}, REPLACED, "Config.User", "7:7"),
    Case(
        "usernsMode", "set to host", {"usernsMode": "host"}, REPLACED, HOST + "UsernsMode", "host"
    ),
    Case(
        "volumes",
        "added",
        {"volumes": [{"volumeName": "{prefix}-data", "containerPath": "/d", "readOnly": True}]},
        REPLACED,
        HOST + "Binds",
        ["{prefix}-data:/d:ro"],
    ),
    Case(
        "volumes.fromContainer",
        "added",
        {"volumes": [{"fromContainer": "{neighbour}", "readOnly": True}]},
        REPLACED,
        HOST + "VolumesFrom",
        ["{neighbour}:ro"],
    ),
    _recorded("wait", True, healthcheck=_CHECK),
    _recorded("waitTimeout", 30),
    Case("workingDir", "set", {"workingDir": "/tmp"}, REPLACED, "Config.WorkingDir", "/tmp"),
)

_POOL = {"ipamConfigs": [{"subnet": "{subnet}.0/25", "gateway": "{subnet}.1"}]}


def _pool(**changes: Any) -> dict[str, Any]:
    return {"ipamConfigs": [{"subnet": "{subnet}.0/25", "gateway": "{subnet}.1", **changes}]}


NETWORK_CASES: tuple[Case, ...] = (
    Case("attachable", "set to true", {"attachable": True}, REPLACED, "Attachable", True),
    Case(
        "driver",
        "bridge to macvlan",
        {"driver": "macvlan"},
        REPLACED,
        "Driver",
        "macvlan",
        {"options": {"parent": "eth0"}},
    ),
    Case(
        "ingress",
        "set to true",
        {"ingress": True},
        REFUSED,
        reason="only an overlay network can be Swarm's ingress network",
    ),
    Case("internal", "set to true", {"internal": True}, REPLACED, "Internal", True),
    Case(
        "ipamConfigs.subnet",
        "another subnet",
        {"ipamConfigs": [{"subnet": "{subnet}.128/25"}]},
        REPLACED,
        "IPAM.Config",
        [{"Subnet": "{subnet}.128/25"}],
        _POOL,
        debian=True,
    ),
    Case(
        "ipamConfigs.subnet",
        "{subnet}.0/25 written as {subnet}.7/25",
        {"ipamConfigs": [{"subnet": "{subnet}.7/25", "gateway": "{subnet}.1"}]},
        "nothing",
        "IPAM.Config",
        [{"Subnet": "{subnet}.0/25", "Gateway": "{subnet}.1"}],
        _POOL,
    ),
    Case(
        "ipamConfigs.gateway",
        "changed",
        _pool(gateway="{subnet}.2"),
        REPLACED,
        "IPAM.Config",
        [{"Subnet": "{subnet}.0/25", "Gateway": "{subnet}.2"}],
        _POOL,
    ),
    Case(
        "ipamConfigs.ipRange",
        "added",
        _pool(ipRange="{subnet}.64/26"),
        REPLACED,
        "IPAM.Config",
        [{"Subnet": "{subnet}.0/25", "Gateway": "{subnet}.1", "IPRange": "{subnet}.64/26"}],
        _POOL,
    ),
    Case(
        "ipamConfigs.auxAddress",
        "added",
        _pool(auxAddress={"router": "{subnet}.3"}),
        REPLACED,
        "IPAM.Config",
        [
            {
                "Subnet": "{subnet}.0/25",
                "Gateway": "{subnet}.1",
                "AuxiliaryAddresses": {"router": "{subnet}.3"},
            }
        ],
        _POOL,
    ),
    Case(
        "ipamDriver",
        "default to another",
        {"ipamDriver": "elsewhere"},
        REFUSED,
        reason="the engine has no IPAM driver 'elsewhere'",
    ),
    Case("ipamOptions", "added", {"ipamOptions": {"a": "b"}}, REPLACED, "IPAM.Options", {"a": "b"}),
    Case(
        "ipv6",
        "set to true",
        {"ipv6": True, "ipamConfigs": [{"subnet": "fd00:{number}::/64"}]},
        REPLACED,
        "EnableIPv6",
        True,
        {"ipamConfigs": [{"subnet": "fd00:{number}::/64"}]},
    ),
    Case(
        "labels",
        "added",
        {"labels": [{"label": "tier", "value": "web"}]},
        REPLACED,
        "Labels.tier",
        "web",
    ),
    Case(
        "name",
        "changed",
        {"name": "{prefix}-renamed-network"},
        REPLACED,
        "Name",
        "{prefix}-renamed-network",
        {"name": "{prefix}-named-network"},
    ),
    Case(
        "options",
        "added",
        {"options": {"com.docker.network.driver.mtu": "1400"}},
        REPLACED,
        "Options",
        {"com.docker.network.driver.mtu": "1400"},
    ),
)
