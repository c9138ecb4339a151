"""Channels to the outside and the delivery of the outbox to them: at least once, under the same id each time."""
