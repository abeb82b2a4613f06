"""The benchmark: starts, alternates and compares servers that keep the same contract."""
