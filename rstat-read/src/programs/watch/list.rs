//! A top list as a table, with as many columns as fit.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use rstat_shm::Snapshot;
use rstat_shm::fields::{Field, List, Row, Unit};

use crate::figures::consumer::{Label, figure, is_kernel_thread};
use crate::figures::quantity::Quantity;
use crate::programs::watch::view::{Order, View};
use crate::report::Freshness;
use crate::text::columns::UNKNOWN;

/// The least columns of a name, and the space before.
const NAME_COLUMNS: u16 = 12;
const GAP: u16 = 2;

/// The figures of rows by their members, with headings and widths, in the order of columns.
const FIGURES: [(&str, &str, u16); 5] = [
    ("pid", "pid", 8),
    ("cpu_ppm", "cpu", 7),
    ("rss_bytes", "memory", 10),
    ("read_bytes_per_s", "read/s", 10),
    ("write_bytes_per_s", "write/s", 10),
];

/// Draws the list of an order, of processes or of applications; the chosen list stands out.
pub fn draw(
    buffer: &mut Buffer,
    area: Rect,
    view: &View,
    sample: &Snapshot,
    (order, is_of_applications): (Order, bool),
) {
    if area.is_empty() {
        return;
    }
    let list = order.list(is_of_applications);
    let figures = chosen(area.width, order, list);
    let is_chosen = (order, is_of_applications) == (view.order, view.is_of_applications);
    let mut style = Style::new().add_modifier(Modifier::DIM);
    if is_chosen {
        style = Style::new().add_modifier(Modifier::BOLD);
    }
    let mut x = area.x;
    for &(member, heading, width) in &figures {
        let mut style = style;
        if is_chosen && is_sorted_by(order, member.name) {
            style = style.add_modifier(Modifier::UNDERLINED);
        }
        put(buffer, Rect { x, width, ..area }, heading, style);
        x += width;
    }
    let name = if is_of_applications { "application" } else { "process" };
    let room = usize::from(area.right().saturating_sub(x + GAP));
    buffer.set_stringn(x + GAP, area.y, name, room, style);
    if !sample.has(list.valid) && area.height > 1 {
        buffer.set_stringn(x + GAP, area.y + 1, UNKNOWN, room, Style::new());
    }
    let rows = list.rows(sample, view.kernel_threads);
    for (y, row) in (area.y + 1..area.bottom()).zip(rows) {
        let mut x = area.x;
        for &(member, _, width) in &figures {
            let text = value(&row, member, sample);
            put(buffer, Rect { x, y, width, height: 1 }, &text, Style::new());
            x += width;
        }
        let label = Label(row, room).to_string();
        let style = if is_kernel_thread(&row) { Modifier::DIM } else { Modifier::empty() };
        buffer.set_stringn(x + GAP, y, label, room, Style::new().add_modifier(style));
    }
    if view.picture.state != Freshness::Fresh {
        buffer.set_style(area, Style::new().add_modifier(Modifier::DIM));
    }
}

/// Writes text at the right edge of its columns.
fn put(buffer: &mut Buffer, place: Rect, text: &str, style: Style) {
    let text = format!("{text:>width$}", width = usize::from(place.width));
    buffer.set_stringn(place.x, place.y, text, place.width.into(), style);
}

fn is_sorted_by(order: Order, figure: &str) -> bool {
    match order {
        Order::Cpu => figure == "cpu_ppm",
        Order::Memory => figure == "rss_bytes",
        Order::Io => figure.ends_with("_bytes_per_s"),
    }
}

/// The figures that fit: the figure that the list is sorted by, then from left to right.
fn chosen(width: u16, order: Order, list: &List) -> Vec<(&'static Field, &'static str, u16)> {
    let mut room = width.saturating_sub(NAME_COLUMNS + GAP);
    let mut fitting = Vec::new();
    for sorted_by in [true, false] {
        for (name, _, columns) in FIGURES {
            let exists = list.record.member(name).is_some();
            if exists && is_sorted_by(order, name) == sorted_by && columns <= room {
                room -= columns;
                fitting.push(name);
            }
        }
    }
    let fitting = FIGURES.into_iter().filter(|(name, ..)| fitting.contains(name));
    fitting
        .filter_map(|(name, heading, width)| Some((list.record.member(name)?, heading, width)))
        .collect()
}

fn value(row: &Row, member: &Field, sample: &Snapshot) -> String {
    // The heading names the second of a rate.
    let unit = if member.unit == Unit::BytesPerSecond { Unit::Bytes } else { member.unit };
    match figure(row, member, sample) {
        Some(number) => Quantity(unit, number).to_string(),
        None => UNKNOWN.to_owned(),
    }
}
