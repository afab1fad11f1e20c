"""Stack files as values, the Pulumi plugin that deploys them, and the `causeway` command."""
