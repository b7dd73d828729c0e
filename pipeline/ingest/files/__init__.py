"""Files of the landing zone: found, unpacked, held against their manifests, and read as rows of text."""
