"""Where runs are read from: an archive, or a store that answers PromQL."""
