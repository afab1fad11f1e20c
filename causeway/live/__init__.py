"""What runs on an engine, as it is: read, looked into, compared."""
