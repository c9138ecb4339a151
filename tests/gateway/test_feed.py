"""The feed is lost with the broker and whole only behind the newest fence."""

from __future__ import annotations

from gateway.feed import Feed
from rules.events import FeedLost, Resumed


def test_a_loss_is_said_once_and_ends_with_the_newest_fence() -> None:
    feed = Feed()
    assert feed.lost(100, since=90) == [FeedLost(100, 90)]
    assert feed.lost(120, since=120) == []
    old = feed.connected(kept=True, run_id="r")
    new = feed.connected(kept=False, run_id="r")
    assert old != new
    assert feed.fence_read(old, 130) == []
    assert feed.fence_read(new, 140) == [Resumed(140, 90, kept=False)]
    assert feed.fence_read(new, 150) == [], "a fence that comes again says nothing"


def test_a_fence_of_a_connection_that_was_lost_says_nothing() -> None:
    feed = Feed()
    feed.lost(100, since=100)
    fence = feed.connected(kept=True, run_id="r")
    assert feed.lost(110, since=110) == []
    assert feed.fence_read(fence, 120) == []
    assert not feed.whole


def test_a_fence_of_another_run_says_nothing() -> None:
    feed = Feed()
    feed.lost(100, since=100)
    feed.connected(kept=True, run_id="new")
    assert feed.fence_read(b"old.1", 120) == []


def test_it_is_whole_from_the_fence_to_the_loss() -> None:
    feed = Feed()
    told = [feed.whole]
    feed.lost(100, since=100)
    told.append(feed.whole)
    feed.fence_read(feed.connected(kept=True, run_id="r"), 110)
    told.append(feed.whole)
    assert told == [True, False, True]
