"""What a preview is made of: changes on the disk, a Jekyll that stays, and pages that know when to reload."""
