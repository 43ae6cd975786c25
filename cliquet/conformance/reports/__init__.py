"""What was found, for eyes, programs and browsers."""
