"""The world in small: what archives and venues answer, made here, for tests and trials offline."""
