"""The demo: a broker, a hub and a simulated town, set up and run by one command."""
