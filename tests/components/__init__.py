"""What the components register with Pulumi, recorded whole; Docker is not asked."""
