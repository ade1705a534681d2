//! A top list as a table, with as many columns as fit.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;

use crate::figures::consumer::{Consumer, Label};
use crate::figures::quantity::{Bytes, Share};
use crate::programs::watch::view::{Order, View};
use crate::report::Freshness;
use crate::text::columns::UNKNOWN;

/// The least columns of a name, and the space before.
const NAME_COLUMNS: u16 = 12;
const GAP: u16 = 2;

/// A figure of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Figure {
    Pid,
    Cpu,
    Memory,
    Read,
    Write,
}

/// The figures in the order of columns, with headings and widths.
const FIGURES: [(Figure, &str, u16); 5] = [
    (Figure::Pid, "pid", 8),
    (Figure::Cpu, "cpu", 7),
    (Figure::Memory, "memory", 10),
    (Figure::Read, "read/s", 10),
    (Figure::Write, "write/s", 10),
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
    let figures = chosen(area.width, order, is_of_applications);
    let is_chosen = (order, is_of_applications) == (view.order, view.is_of_applications);
    let mut style = Style::new().add_modifier(Modifier::DIM);
    if is_chosen {
        style = Style::new().add_modifier(Modifier::BOLD);
    }
    let mut x = area.x;
    for &(figure, heading, width) in &figures {
        let mut style = style;
        if is_chosen && is_sorted_by(order, figure) {
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
    let rows = list.rows(sample, view.kernel_threads).map(Consumer::from);
    for (y, row) in (area.y + 1..area.bottom()).zip(rows) {
        let mut x = area.x;
        for &(figure, _, width) in &figures {
            let text = value(figure, &row, sample).unwrap_or_else(|| UNKNOWN.to_owned());
            put(buffer, Rect { x, y, width, height: 1 }, &text, Style::new());
            x += width;
        }
        let label = Label(&row, room).to_string();
        let style = if row.is_kernel_thread { Modifier::DIM } else { Modifier::empty() };
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

fn is_sorted_by(order: Order, figure: Figure) -> bool {
    match order {
        Order::Cpu => figure == Figure::Cpu,
        Order::Memory => figure == Figure::Memory,
        Order::Io => matches!(figure, Figure::Read | Figure::Write),
    }
}

/// The figures that fit: the figure that the list is sorted by, then from left to right.
fn chosen(width: u16, order: Order, is_of_applications: bool) -> Vec<(Figure, &'static str, u16)> {
    let mut room = width.saturating_sub(NAME_COLUMNS + GAP);
    let mut fitting = Vec::new();
    for sorted_by in [true, false] {
        for row in FIGURES {
            let (figure, _, columns) = row;
            let exists = figure != Figure::Pid || !is_of_applications;
            if exists && is_sorted_by(order, figure) == sorted_by && columns <= room {
                room -= columns;
                fitting.push(figure);
            }
        }
    }
    FIGURES.into_iter().filter(|(figure, ..)| fitting.contains(figure)).collect()
}

fn value(figure: Figure, row: &Consumer, sample: &Snapshot) -> Option<String> {
    let bytes = |bytes, group| sample.has(group).then(|| Bytes { bytes, digits: 3 }.to_string());
    match figure {
        Figure::Pid => row.pid.map(|pid| pid.to_string()),
        Figure::Cpu => {
            // A share of all CPUs, as the machine's is.
            let share = u64::from(row.cpu_ppm) / u64::from(sample.cpu_count.max(1));
            sample.has(valid::PROCESS_CPU).then(|| Share(share).to_string())
        }
        Figure::Memory => bytes(row.rss_bytes, valid::PROCESSES),
        Figure::Read => bytes(row.read_bytes_per_s, valid::PROCESS_IO),
        Figure::Write => bytes(row.write_bytes_per_s, valid::PROCESS_IO),
    }
}
