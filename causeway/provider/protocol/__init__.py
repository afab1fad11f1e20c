"""Pulumi's provider protocol: calls in, answers out, and one run from start to end."""
