"""Lessons on Docker networks: what to deploy, what to run, what to see."""
