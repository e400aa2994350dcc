"""Existing QA grids (.xlsx): read safely, understood line by line, drafted as a rubric. Nothing is guessed silently."""
