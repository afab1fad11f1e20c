"""The Pulumi plugin that implements pulumi-docker's resource types with the Docker Engine API."""
