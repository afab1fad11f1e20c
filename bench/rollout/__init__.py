"""Requests at a constant rate while a stack is changed: how many are lost, how long they take."""
