"""The `x-causeway` sections: assertions, balance, updates, attached containers."""
