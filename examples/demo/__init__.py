"""`python -m examples.demo`: the music site with noscrape in front, and seven visitors who meet it over HTTP."""
