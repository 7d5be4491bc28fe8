"""What providers reported, and what readers clicked and opened."""
