"""Pictures of a screen and the colours at their places. Pixels are numbers, 0xRRGGBB."""

import array
import re
import struct
import subprocess
import sys
import zlib


class Picture:
    def __init__(self, width, height, pixels):
        self.width, self.height, self.pixels = width, height, pixels

    @classmethod
    def of_planes(cls, width, height, red, green, blue):
        words = bytearray(4 * width * height)
        order = (blue, green, red) if sys.byteorder == "little" else (0, red, green, blue)
        for at, plane in enumerate(order):
            if plane:
                words[at::4] = plane
        pixels = array.array("I")
        pixels.frombytes(words)
        return cls(width, height, pixels)

    @classmethod
    def of_wayland(cls, output):
        """Takes a picture of an output of the compositor."""
        command = ["grim", "-t", "ppm", "-o", output, "-"]
        data = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        # One white space precedes the pixels, which may look like white space, too (ppm(5)).
        header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
        data = data[header.end() :]
        return cls.of_planes(int(header[1]), int(header[2]), data[0::3], data[1::3], data[2::3])

    @classmethod
    def of_x(cls, path):
        """Reads a picture of Xvfb's screen from the frame buffer file (X11/XWDFile.h)."""
        with open(path, "rb") as file:
            data = file.read()
        header = struct.unpack_from(">25I", data)
        start, width, height, line, colours = (header[at] for at in (0, 4, 5, 12, 19))
        start += 12 * colours
        assert line == 4 * width, "a pixel has 32 bits, and lines have no padding"
        data = data[start : start + line * height]
        return cls.of_planes(width, height, data[2::4], data[1::4], data[0::4])

    def rows(self, first, last):
        """Returns the rows from `first` to before `last`."""
        pixels = self.pixels[first * self.width : last * self.width]
        return Picture(self.width, len(pixels) // self.width, pixels)

    def cropped(self, left, colour, margin):
        """Returns the part right of a column. Below the last row with another colour than
        this one, only a margin of rows stays."""
        lines = [self.pixels[y * self.width : (y + 1) * self.width] for y in range(self.height)]
        last = max(y for y, line in enumerate(lines) if line.count(colour) < self.width)
        lines = [line[left:] for line in lines[: last + margin]]
        return Picture(self.width - left, len(lines), sum(lines, array.array("I")))

    def count(self, colour):
        return self.pixels.count(colour)

    def centre(self, colour):
        """Returns the middle of the smallest rectangle with all pixels of a colour."""
        xs, ys = [], []
        for y in range(self.height):
            row = self.pixels[y * self.width : (y + 1) * self.width]
            if colour in row:
                ys.append(y)
                xs += (row.index(colour), self.width - 1 - row[::-1].index(colour))
        return (min(xs) + max(xs)) // 2, (min(ys) + max(ys)) // 2

    def __eq__(self, other):
        return (self.width, self.pixels) == (other.width, other.pixels)

    def __repr__(self):
        colours = {}
        for pixel in self.pixels:
            colours[pixel] = colours.get(pixel, 0) + 1
        most = sorted(colours.items(), key=lambda item: -item[1])[:6]
        most = ", ".join(f"#{colour:06x} ×{count}" for colour, count in most)
        return f"<{self.width}×{self.height}: {most}, …>"

    def save(self, path):
        """Writes the picture as a PNG file."""

        def chunk(name, content):
            check = struct.pack(">I", zlib.crc32(name + content))
            return struct.pack(">I", len(content)) + name + content + check

        lines = bytearray()
        for y in range(self.height):
            lines.append(0)  # The line has no filter.
            for pixel in self.pixels[y * self.width : (y + 1) * self.width]:
                lines += pixel.to_bytes(3, "big")
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n")
            file.write(chunk(b"IHDR", header))
            file.write(chunk(b"IDAT", zlib.compress(lines, 9)))
            file.write(chunk(b"IEND", b""))
