"""What this machine knows of Pulumi's states: where one lies, its identity, what runs began."""
