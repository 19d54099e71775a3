"""Offline: from labelled rows to a verified bundle. Never imported by the service."""
