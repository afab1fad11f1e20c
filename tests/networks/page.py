"""docs/networks.md: what became of each row on each engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.networks.bench import Row

OPENING = """# Networks: what works where

Made by the tests (`make golden` writes it, `make test` compares); do not edit. Every row is a
network in a Compose file, loaded by the model, registered by the components, previewed and made
by the provider on a real engine, and then proven with packets from inside containers. **proven**
means all of that; anything else says where it stopped, in the words a user reads.

Two engines run the rows: Debian 12's (Docker 20.10, API 1.41) and a current one built from
source. What the kernel of the tests' machine lacks is refused at preview and cannot be proven
there: ipvlan, VLAN sub-interfaces, the dummy interface that stands in for a missing parent, and
IPVS, which is behind the virtual address of a Swarm service.
On a kernel that has them, the same rows go further.

| driver | option | Debian 12 | current | proven by |
| --- | --- | --- | --- | --- |
"""
CLOSING = """
## Modes of a service

A service without networks of its own has a `network_mode` instead. Each is proven by packets in
a [lesson](lessons.md): `bridge` (lesson 1), `host` (6), `none` (7), `service:NAME` (16).
`container:NAME` is the same with a container of somebody else.

## Drivers of others

A driver that is installed as a plugin, or that answers on a socket in `/run/docker/plugins`, gets
its options as they are written; only it can judge them. Lesson 22 plugs containers into the
network of such a driver, which it brings along, and sends packets through it.

## Networks and containers of others

`external: true` looks a network up, joins it, and never changes or deletes it (lesson 12); one
that is not there is an error at preview, with the names that are. The other way round, a
container that this project does not own joins one of its networks, and is left alone otherwise:

```yaml
networks:
  backend:
    x-causeway:
      attach:
        - container: legacy-database      # or `labels: {role: database}`
          aliases: [database]
```

A change of its aliases or addresses is made in place; when its owner makes the container anew,
the next `pulumi up` joins it again.

## Addresses

`causeway:addressPool` gives networks without a subnet a stable one, chosen by a hash of the
network's full name: other networks coming and going do not move it, and each environment has its
own. A preview refuses a subnet that overlaps another one of the stack, a network of the engine
(it says whose) or a route of the engine's machine, a VPN's for example. One that another
environment of the project declares, up or not, is a warning with both lines; where both name the
same engine in `docker:host`, it is refused.

## Limits

- The engine's machine is looked at only where the engine listens on a local socket. For a remote
  engine, a missing parent interface or kernel option shows up when the network is made.
- What an engine cannot do is told with file, line and key path, from a record that the program
  leaves in the folder `.causeway`. Where that cannot be written, the resource and its property
  are named instead.
- `enable_ipv4: false` has no input in the Pulumi resource docker.Network.
"""


def page(rows: Sequence[Row], outcomes: Mapping[str, Sequence[str]]) -> str:
    """The whole page; `outcomes` holds, by flavour, what became of each row."""
    lines = []
    for position, row in enumerate(rows):
        debian, current = (outcomes[flavour][position] for flavour in ("debian", "current"))
        cells = [row.driver, row.option, debian, current, row.proven]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return OPENING + "".join(lines) + CLOSING
