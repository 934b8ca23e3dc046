"""Apps with noscrape in front of them, and a demo that sends visitors to one."""
