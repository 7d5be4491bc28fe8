"""The studio's pages about readers: finding one, looking after them, importing and exporting them."""
