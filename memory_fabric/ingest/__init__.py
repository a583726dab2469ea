"""Reading sources, cutting them into chunks, and keeping the memory current."""
