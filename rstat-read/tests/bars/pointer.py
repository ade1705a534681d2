"""A pointer for a wlroots compositor, by the protocol wlr-virtual-pointer-unstable-v1 and
without a library. The pointer exists as long as the connection."""

import os
import socket
import struct
import time

# Object 1 of every Wayland connection is wl_display. Later objects are numbered in the order of
# their creation.
DISPLAY = 1
MANAGER_NAME = "zwlr_virtual_pointer_manager_v1"
# linux/input-event-codes.h
LEFT, RIGHT = 0x110, 0x111


class Pointer:
    def __init__(self, width, height):
        self.size = (width, height)
        self.last_object = DISPLAY
        self.received = b""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(
            os.path.join(os.environ["XDG_RUNTIME_DIR"], os.environ["WAYLAND_DISPLAY"])
        )
        self.registry = self.new_object()
        self.send(DISPLAY, 1, struct.pack("=I", self.registry))
        number = self.finish()[MANAGER_NAME]
        name = MANAGER_NAME.encode() + b"\0"
        name = struct.pack("=I", len(name)) + name + b"\0" * (-len(name) % 4)
        manager = self.new_object()
        wanted = struct.pack("=I", number) + name + struct.pack("=II", 1, manager)
        self.send(self.registry, 0, wanted)
        self.pointer = self.new_object()
        self.send(manager, 0, struct.pack("=II", 0, self.pointer))
        self.finish()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def move(self, x, y):
        """Moves the pointer to a place, in pixels of the whole screen."""
        self.send(self.pointer, 1, struct.pack("=IIIII", milliseconds(), x, y, *self.size))
        self.frame()

    def click(self, button):
        for state in (1, 0):
            self.send(self.pointer, 2, struct.pack("=III", milliseconds(), button, state))
            self.frame()

    def frame(self):
        self.send(self.pointer, 4, b"")
        self.finish()

    def new_object(self):
        self.last_object += 1
        return self.last_object

    def send(self, target, request, content):
        header = struct.pack("=II", target, (8 + len(content)) << 16 | request)
        self.socket.sendall(header + content)

    def finish(self):
        """Waits until all requests are done, and returns the globals announced meanwhile."""
        callback = self.new_object()
        self.send(DISPLAY, 0, struct.pack("=I", callback))
        announced = {}
        while True:
            source, event, content = self.event()
            if (source, event) == (DISPLAY, 0):
                raise OSError(f"the compositor refuses: {content[12:]!r}")
            if (source, event) == (self.registry, 0):
                number, length = struct.unpack_from("=II", content)
                announced[content[8 : 7 + length].decode()] = number
            if source == callback:
                return announced

    def event(self):
        while True:
            if len(self.received) >= 8:
                source, size = struct.unpack_from("=II", self.received)
                size, event = size >> 16, size & 0xFFFF
                if len(self.received) >= size:
                    content, self.received = self.received[8:size], self.received[size:]
                    return source, event, content
            received = self.socket.recv(65536)
            if not received:
                raise OSError("the compositor closed the connection")
            self.received += received


def milliseconds():
    return time.monotonic_ns() // 1_000_000 & 0xFFFFFFFF
