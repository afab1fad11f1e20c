"""Compose files read through Docker's own loader, and turned into values."""
