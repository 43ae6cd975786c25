"""The description of a service: OpenAPI 3.1 of everything that is registered."""
