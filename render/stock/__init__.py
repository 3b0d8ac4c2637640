"""What belongs to an asset on the disk: its files, what is found in them, its licence, how it comes in."""
