"""Sends requests at a constant rate while a stack changes: how many fail, how long they take."""
