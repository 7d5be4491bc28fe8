"""Topics, listed with what is known about them, and changed with their followers."""
