"""Listeners: what events are pushed to, as the settings say (python-api §20)."""

from cliquet.listeners.base import ListenerBase

__all__ = ["ListenerBase"]
