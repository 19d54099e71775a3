"""Two models side by side: compared, judged, and the better one served."""
