"""Pulumi components, which turn the values of a stack into resources and decide nothing."""
