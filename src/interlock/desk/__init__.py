"""Run the review desk: who is asked, how it is shown, when it is late."""
