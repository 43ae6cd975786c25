"""How Redis is reached, and under which keys it has what is shared."""
