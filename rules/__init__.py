"""The functional core: what a stream of events from homes and facilities means, as values.

No I/O, no clock, no randomness, no logging: time is an argument, a timer is data. ``step`` is the whole contract.
"""
