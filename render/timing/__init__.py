"""What `make bench` measures: this renderer against its peer."""
