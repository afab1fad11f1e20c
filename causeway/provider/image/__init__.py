"""Images: pulled, built, tagged and pushed."""
