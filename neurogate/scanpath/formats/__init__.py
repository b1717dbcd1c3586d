"""Files of scanpaths: one module for each format, with its reader and its writer."""
