"""The shell of the rule core: keeps every key's state, wakes it in time, recovers it by replay."""
