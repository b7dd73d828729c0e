"""Files of the landing zone: found, unpacked, compared with their manifests, and read as rows of text."""
