"""Says in one plain sentence, in Chinese and in English, why an alert was raised."""

from rules.sentences.evidence import why
from rules.sentences.scene import duration

__all__ = ["duration", "why"]
