"""Replay: what was recorded, an events CSV or a transcript, is published again as if the devices said it now."""
