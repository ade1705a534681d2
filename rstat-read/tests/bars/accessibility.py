"""The labels of GTK programs, with text and tooltip, as a screen reader gets them
(AT-SPI over D-Bus). Each call asks anew, so no answer is out of date."""

from dataclasses import dataclass

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

ACCESSIBLE = "org.a11y.atspi.Accessible"
ROOT = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
# Values of AtspiRole and AtspiCoordType, from atspi-constants.h.
LABEL, WINDOW = 29, 1
TIMEOUT_MS = 10_000


@dataclass
class Label:
    text: str
    tooltip: str
    # The position in the label's window.
    centre: tuple


class Accessibility:
    """The accessibility bus of the session of the D-Bus in the environment."""

    def __init__(self):
        session = Gio.bus_get_sync(Gio.BusType.SESSION)
        arguments = ("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress")
        (address,) = call(session, arguments, None)
        flags = Gio.DBusConnectionFlags
        self.bus = Gio.DBusConnection.new_for_address_sync(
            address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None
        )
        # This call starts the registry, which each program looks for at its start.
        self.children(ROOT)

    def labels(self):
        """Returns every label of every program."""
        found = []
        try:
            self.walk(ROOT, found)
        except GLib.Error:
            return []  # A program has left or is not ready yet, so the caller looks again.
        return found

    def walk(self, node, found):
        if call(self.bus, (*node, ACCESSIBLE, "GetRole"), None) == (LABEL,):
            text, tooltip = (self.property(node, name) for name in ("Name", "Description"))
            found.append(Label(text, tooltip, self.centre(node)))
        for child in self.children(node):
            self.walk(child, found)

    def children(self, node):
        return call(self.bus, (*node, ACCESSIBLE, "GetChildren"), None)[0]

    def property(self, node, name):
        arguments = GLib.Variant("(ss)", (ACCESSIBLE, name))
        return call(self.bus, (*node, "org.freedesktop.DBus.Properties", "Get"), arguments)[0]

    def centre(self, node):
        method = (*node, "org.a11y.atspi.Component", "GetExtents")
        x, y, width, height = call(self.bus, method, GLib.Variant("(u)", (WINDOW,)))[0]
        return x + width // 2, y + height // 2


def call(bus, method, arguments):
    flags = Gio.DBusCallFlags.NONE
    return bus.call_sync(*method, arguments, None, flags, TIMEOUT_MS, None).unpack()
