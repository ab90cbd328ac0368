"""What the journeys are made of: a stage, people at browsers, the post, and who does what."""
