"""Residents with lives: who lives in a home and how, what they do on a day, and what the home's sensors feel of it."""
