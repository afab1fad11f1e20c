"""Pulumi components: they turn a stack's values into resources and decide nothing themselves."""
