"""Running stacks on an engine: reads them, probes them, compares them with the model."""
