"""LoRAs with their notes, trigger words and uses, and the parts of that page."""
