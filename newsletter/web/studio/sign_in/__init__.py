"""Sign-in to a hosted studio: its guard, and the pages that members sign in on."""
