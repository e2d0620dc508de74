"""A recorded wire, released by the story's clock over real HTTP."""
