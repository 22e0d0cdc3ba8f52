"""Number: the migrations; each is applied once, in order."""
