"""What a set of rules would have done: history in, alerts per rule out, judged by the production core."""
