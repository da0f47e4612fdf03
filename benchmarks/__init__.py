"""What recording and encoding cost, as ratios to a baseline in the same run. No tests, no thresholds."""
