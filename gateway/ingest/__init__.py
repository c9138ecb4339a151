"""MQTT in: sessions that read from the broker, and the decoding of what they read. Nothing is acknowledged here by itself."""
