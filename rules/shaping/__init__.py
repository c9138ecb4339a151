"""Alert shaping: the stage behind the rules that brings what they raise to people once, in order, and without noise."""
