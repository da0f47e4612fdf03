"""Made by scripts/generate-protobuf; not edited by hand."""
