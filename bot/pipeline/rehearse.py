"""A storyline's timeline, told to the judge step by step: what it alerts, merges and passes over in silence."""
