"""The limits of pictures, in a module of its own: importing Pillow takes longer than looking up a prepared picture."""

WIDTH, HEIGHT = 1104, 4 * 1104  # pixels at most: twice the width of the theme's text, for screens of high density
LARGEST = 200_000  # bytes of a prepared picture
LARGEST_FILE = 25_000_000  # bytes of an editor's file
MOST_PIXELS = 50_000_000  # an editor's file has as many at most: decoded, they take 200 MB
LONGEST_SIDE = 20_000  # pixels; resizing a picture of one pixel by millions takes a gigabyte
RECIPE = 1  # raise it when the same file should be prepared anew
