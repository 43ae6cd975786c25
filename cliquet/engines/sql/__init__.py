"""How databases that speak SQL are reached."""
