"""How long hypothesis looks: 100 examples a law, 1,000 under ``CAREHUB_DEEP=1``; in CI the same ones every time."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "carehub",
    max_examples=1_000 if os.environ.get("CAREHUB_DEEP") == "1" else 100,
    derandomize=os.environ.get("CI") == "true",
    deadline=None,  # two cores shared with brokers and databases: a slow moment is no failure
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("carehub")
