"""Brings a machine to the point where `pulumi up` runs. Standard library only: it runs first."""
