"""Results and journals made into numbers, figures and pages; one report per file."""
