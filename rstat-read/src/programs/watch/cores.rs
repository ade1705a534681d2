//! The CPUs side by side, with figures if there is room.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use rstat_shm::Snapshot;

use crate::figures::quantity::percent;
use crate::programs::watch::panels::heat;
use crate::programs::watch::plot::block;

const LABEL: &str = "cpus  ";
/// The greatest number of lines; CPUs without room are not shown.
const MOST_LINES: u16 = 4;
const WHOLE_PPM: u64 = 1_000_000;

/// Columns of a CPU: a block and a figure, a block and a space, or a block.
const COLUMNS: [u16; 3] = [7, 2, 1];

/// The number of lines for the CPUs of a sample.
pub fn lines(sample: &Snapshot, width: u16) -> u16 {
    let count = count(sample);
    if count == 0 {
        return 0;
    }
    (count * columns(count, width)).div_ceil(room(width)).min(MOST_LINES)
}

/// Draws the CPUs.
pub fn draw(buffer: &mut Buffer, area: Rect, sample: &Snapshot) {
    if area.is_empty() {
        return;
    }
    let dim = Style::new().add_modifier(Modifier::DIM);
    buffer.set_stringn(area.x, area.y, LABEL, usize::from(area.width), dim);
    let each = columns(count(sample), area.width);
    let a_line = (room(area.width) / each).max(1);
    for cpu in 0..count(sample) {
        let (line, column) = (cpu / a_line, cpu % a_line);
        let (x, y) = (area.x + LABEL.len() as u16 + column * each, area.y + line);
        if y >= area.bottom() || x + each > area.right() {
            continue;
        }
        let Some(ppm) = sample.core_busy_ppm(cpu.into()) else {
            // The CPU is offline.
            buffer.set_stringn(x, y, "·", 1, dim);
            continue;
        };
        let style = Style::new().fg(heat(f64::from(ppm) / WHOLE_PPM as f64));
        buffer.set_stringn(x, y, block(ppm.into(), WHOLE_PPM), 1, style);
        if each == COLUMNS[0] {
            let figure = format!("{:>3}%", percent(ppm));
            buffer.set_stringn(
                x + 1,
                y,
                figure,
                usize::from(each - 1),
                Style::new().fg(Color::Reset),
            );
        }
    }
}

/// The number of CPUs up to the last online one.
fn count(sample: &Snapshot) -> u16 {
    let known = |cpu: &usize| sample.core_busy_ppm(*cpu).is_some();
    (0..sample.cores.len()).rev().find(known).map_or(0, |last| last as u16 + 1)
}

fn room(width: u16) -> u16 {
    width.saturating_sub(LABEL.len() as u16).max(1)
}

/// The greatest width that fits into one line, else the least.
fn columns(count: u16, width: u16) -> u16 {
    let fits = |each: &u16| count * each <= room(width);
    COLUMNS.into_iter().find(fits).unwrap_or(COLUMNS[COLUMNS.len() - 1])
}
