"""How full facilities are and were: pure reckoning over what counters have said. Knows no technology."""
