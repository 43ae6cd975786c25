"""Code that relies on private names of Pyramid, Cornice and multiauth."""
