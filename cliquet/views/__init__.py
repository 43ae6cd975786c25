"""Endpoints that are not resources; found by a scan of this package."""
