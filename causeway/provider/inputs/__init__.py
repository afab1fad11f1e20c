"""Inputs from Pulumi's wire to the Engine API's words and back."""
