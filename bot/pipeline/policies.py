"""What the rules say about deciding, handed to the room that decides: those two never import each other."""
