"""Swarm services, secrets and configs."""
