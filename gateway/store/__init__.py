"""The time series stores: readings in, readings out, with the journal position they are committed up to."""
