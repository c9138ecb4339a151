"""How good an alert system is, measured: what truly happened in the town, held against what was raised about it."""
