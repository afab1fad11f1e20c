"""The commands of Causeway, one file each."""
