"""What is true of notifications: plain Python, no technology."""
