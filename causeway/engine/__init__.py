"""The client of a Docker engine: its address, TLS, HTTP, faults, and the machine it runs on."""
