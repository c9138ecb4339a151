"""What the hub says in ``care_places`` of facilities, communities and itself: no home, and of what is people's no 1 to 4."""
