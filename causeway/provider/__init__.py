"""The plugin that serves pulumi-docker's resource types over the Docker Engine API."""
