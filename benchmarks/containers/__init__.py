"""The service in containers: images built, replicas run behind nginx, requests counted."""
