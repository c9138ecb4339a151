"""Who is on duty where, and whom an alert is brought to when: pure, no I/O and no clock."""
