"""Plain values and pure functions: what a stack declares, checked before Docker is asked."""
