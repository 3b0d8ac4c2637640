"""What a labelled image is: records, id maps, manifests, and the formats that come in."""
