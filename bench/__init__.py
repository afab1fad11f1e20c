"""Measures deployments against the raw Engine API, docker-compose and an empty program."""
