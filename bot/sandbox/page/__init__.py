"""The chat page: a person's side of the sandbox's Telegram, and the wire beside it."""
