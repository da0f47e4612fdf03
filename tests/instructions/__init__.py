"""A guard on speed that is no timed test: instructions of the listener and the encoder, counted by cachegrind."""
