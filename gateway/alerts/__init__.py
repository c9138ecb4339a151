"""What an alert says and whom it is brought to when: pure, no I/O and no clock."""
