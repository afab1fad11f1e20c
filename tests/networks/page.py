"""docs/networks.md: the result of each row on each engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.networks.bench import Row

OPENING = """# Networks: what works where

The tests generate this page (`make golden` writes it, `make test` compares it); do not edit.
Every row is a network in a Compose file that is loaded by the model, registered by the
components, previewed and created by the provider on a real engine, and then proven with packets
sent from inside containers. **proven** means all of that; anything else is the message that the
user sees at the step where it stopped.

Two engines run the rows: Debian 12's (Docker 20.10, API 1.41) and a current one built from
source. What the kernel of the test machine lacks is rejected at preview and cannot be proven
there: ipvlan, VLAN sub-interfaces, the dummy interface that stands in for a missing parent, and
IPVS, which serves the virtual address of a Swarm service.
On a kernel that has them, the same rows get further.

| driver | option | Debian 12 | current | proven by |
| --- | --- | --- | --- | --- |
"""
CLOSING = """
## Network modes of a service

A service without its own networks has a `network_mode` instead. A [lesson](lessons.md) proves
each mode with packets: `bridge` (lesson 1), `host` (6), `none` (7), `service:NAME` (16).
`container:NAME` is the same with a container outside the project.

## Third-party drivers

A driver that is installed as a plugin, or that listens on a socket in `/run/docker/plugins`, gets
its options as written; only the driver can check them. Lesson 22 includes such a driver,
connects containers to its network and sends packets through it.

## External networks and containers

With `external: true`, a stack looks up a network, joins it, and never changes or deletes it
(lesson 12). If the network does not exist, the preview fails and lists those that do. Conversely,
`attach` connects a container outside the project to one of its networks, and changes nothing
else about it:

```yaml
networks:
  backend:
    x-causeway:
      attach:
        - container: legacy-database      # or `labels: {role: database}`
          aliases: [database]
```

Its aliases and addresses are updated in place. If its owner recreates the container, the next
`pulumi up` connects it again.

## Addresses

`causeway:addressPool` gives networks without a subnet a stable one, chosen by a hash of the
network's full name: adding or removing other networks does not change it, and each environment
has its own. A preview rejects a subnet that overlaps another subnet of the stack, a network of
the engine (it says whose) or a route of the Docker host, such as a VPN's. If it overlaps a subnet
that another environment of the project declares, deployed or not, the preview warns and shows
both lines; if both environments name the same engine in `docker:host`, it rejects the subnet.

## Limits

- The Docker host is inspected only if the engine listens on a local socket. With a remote
  engine, a missing parent interface or kernel option shows up when the network is created.
- Messages about what an engine cannot do give file, line and key path, from a record that the
  program writes to the folder `.causeway`. If it cannot be written, they name the resource and
  its property instead.
- The Pulumi resource docker.Network has no input for `enable_ipv4: false`.
"""


def page(rows: Sequence[Row], outcomes: Mapping[str, Sequence[str]]) -> str:
    """The whole page; `outcomes` holds, by flavour, the result of each row."""
    lines = []
    for position, row in enumerate(rows):
        debian, current = (outcomes[flavour][position] for flavour in ("debian", "current"))
        cells = [row.driver, row.option, debian, current, row.proven]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return OPENING + "".join(lines) + CLOSING
