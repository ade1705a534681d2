//! The layout of the screen: header, plots, CPUs, lists and keys, as far as there is room.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use rstat_shm::Snapshot;
use rstat_shm::snapshot::KernelThreads;

use crate::programs::watch::panels::{self, Panel};
use crate::programs::watch::view::{Order, View};
use crate::programs::watch::{cores, header, list};

/// The least useful height of a plot, with its title.
const LEAST_PLOT_LINES: u16 = 3;
/// The height of plots that allows a second row.
const TWO_ROWS_LINES: u16 = 11;
/// The least width of a plot or a list beside another.
const LEAST_PLOT_COLUMNS: u16 = 36;
const LEAST_LIST_COLUMNS: u16 = 58;
/// The height of a list: a heading and the rows without kernel threads.
const LIST_LINES: u16 = 6;
/// The space between things side by side.
const GAP: u16 = 2;

/// Draws the screen.
pub fn draw(frame: &mut Frame, view: &View) {
    let whole = frame.area();
    if whole.is_empty() {
        return;
    }
    let buffer = frame.buffer_mut();
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)])
            .areas(whole);
    header::draw(buffer, head, view);
    match &view.picture.sample {
        Some(sample) => draw_body(buffer, body, view, sample),
        None => draw_advice(buffer, body, &view.picture.advice),
    }
    draw_keys(buffer, foot, view);
}

fn draw_advice(buffer: &mut Buffer, area: Rect, advice: &str) {
    let [_, line, _] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(1), Constraint::Fill(1)])
            .areas(area);
    if !line.is_empty() {
        buffer.set_line(line.x, line.y, &Line::from(advice), line.width);
    }
}

fn draw_body(buffer: &mut Buffer, area: Rect, view: &View, sample: &Snapshot) {
    let core_lines = cores::lines(sample, area.width);
    let left = area.height.saturating_sub(core_lines);
    let lists = list_layout(area.width, left);
    let plot_lines = left - lists.lines(left);
    let [plots, cpus, rest] = Layout::vertical([
        Constraint::Length(plot_lines),
        Constraint::Length(core_lines),
        Constraint::Min(0),
    ])
    .areas(area);
    draw_plots(buffer, plots, view, sample);
    cores::draw(buffer, cpus, sample);
    draw_lists(buffer, rest, view, sample, lists);
}

fn draw_plots(buffer: &mut Buffer, area: Rect, view: &View, sample: &Snapshot) {
    if area.height < LEAST_PLOT_LINES {
        return;
    }
    let many = usize::from((area.width + GAP) / (LEAST_PLOT_COLUMNS + GAP)).max(1);
    let rows = if area.height >= TWO_ROWS_LINES { 2 } else { 1 };
    let panels: Vec<Panel> = panels::panels(sample).into_iter().take(many * rows).collect();
    // Rows are as even as possible; the most important plots get more room.
    let first_row = panels.len().div_ceil(rows);
    let rows: Vec<&[Panel]> = panels.chunks(first_row.max(1)).collect();
    let heights = Layout::vertical(rows.iter().map(|_| Constraint::Fill(1))).split(area);
    for (line, panels) in heights.iter().zip(rows) {
        let widths = Layout::horizontal(panels.iter().map(|_| Constraint::Fill(1))).spacing(GAP);
        for (place, panel) in widths.split(*line).iter().zip(panels) {
            panels::draw(buffer, *place, *panel, view, sample);
        }
    }
}

/// The arrangement of lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// The chosen list.
    One,
    /// All lists side by side.
    Beside,
    /// All lists side by side, once of processes and once of applications.
    Both,
    /// All lists below each other.
    Below,
}

fn list_layout(width: u16, lines: u16) -> Lists {
    let count = Order::ALL.len() as u16;
    if width >= count * (LEAST_LIST_COLUMNS + GAP) {
        let is_high = lines >= 2 * (LIST_LINES + 1) + TWO_ROWS_LINES;
        if is_high { Lists::Both } else { Lists::Beside }
    } else if lines >= count * (LIST_LINES + 1) + TWO_ROWS_LINES {
        Lists::Below
    } else {
        Lists::One
    }
}

impl Lists {
    /// The lines that the lists get of so many.
    fn lines(self, lines: u16) -> u16 {
        match self {
            // A plot and a list share a small screen.
            Self::One | Self::Beside => {
                LIST_LINES.min(lines.saturating_sub(LEAST_PLOT_LINES)).max(lines.min(2))
            }
            Self::Both => 2 * (LIST_LINES + 1),
            Self::Below => Order::ALL.len() as u16 * (LIST_LINES + 1),
        }
    }
}

fn draw_lists(buffer: &mut Buffer, area: Rect, view: &View, sample: &Snapshot, lists: Lists) {
    let chosen = view.is_of_applications;
    let equal = Order::ALL.map(|_| Constraint::Fill(1));
    let beside = |area| Layout::horizontal(equal).spacing(GAP).split(area);
    let mut draw_all = |places: &[Rect], is_of_applications| {
        for (order, place) in Order::ALL.into_iter().zip(places) {
            list::draw(buffer, *place, view, sample, (order, is_of_applications));
        }
    };
    match lists {
        Lists::One => list::draw(buffer, area, view, sample, (view.order, chosen)),
        Lists::Beside => draw_all(&beside(area), chosen),
        Lists::Both => {
            let halves = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]);
            let [upper, lower] = halves.areas(area);
            draw_all(&beside(upper), chosen);
            draw_all(&beside(lower), !chosen);
        }
        Lists::Below => draw_all(&Layout::vertical(equal).split(area), chosen),
    }
}

fn draw_keys(buffer: &mut Buffer, area: Rect, view: &View) {
    if area.is_empty() {
        return;
    }
    let zoom = format!("+ - {}x", view.samples_a_column());
    let keys = [
        ("q quit", false),
        ("1 cpu", view.order == Order::Cpu),
        ("2 memory", view.order == Order::Memory),
        ("3 i/o", view.order == Order::Io),
        ("a applications", view.is_of_applications),
        ("k kernel threads", view.kernel_threads == KernelThreads::Shown),
        (zoom.as_str(), view.samples_a_column() > 1),
    ];
    let mut spans = Vec::new();
    for (text, is_on) in keys {
        let style = if is_on { Modifier::REVERSED } else { Modifier::DIM };
        spans.push(Span::styled(text, Style::new().add_modifier(style)));
        spans.push(Span::raw("  "));
    }
    buffer.set_line(area.x, area.y, &Line::from(spans), area.width);
}

#[cfg(test)]
mod tests;
