"""docker:index/container:Container, and the attachment of other people's containers."""
