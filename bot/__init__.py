"""Wirewatch: watches channels and news feeds for storylines and keeps one living alert per event."""
