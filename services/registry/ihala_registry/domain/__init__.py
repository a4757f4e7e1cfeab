"""What is true of facilities, their services and their capacity: plain Python, no technology."""
