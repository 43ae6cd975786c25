"""What carries wake-ups from one process to others."""
