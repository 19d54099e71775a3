"""Large models that teach the small one: they label text for it, and are never served."""
