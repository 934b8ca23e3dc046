"""A simulated label's shop, its listeners and its scrapers: traffic of our own making, to measure detection by."""
