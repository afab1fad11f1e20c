"""The checks that Compose lacks: names, addresses, drivers, ports, mounts."""
