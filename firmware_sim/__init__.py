"""A simulated town: homes full of sensors that publish over MQTT. It knows the wire and nothing of the hub."""
