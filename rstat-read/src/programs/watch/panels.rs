//! The plots, each below a line with the latest figures.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span as Text};
use rstat_shm::Snapshot;
use rstat_shm::snapshot::{Gpu, HistoryPoint, valid};

use crate::figures::level::Level;
use crate::figures::levels::Levels;
use crate::figures::quantity::{Bytes, Frequency, PartOf, Power, Share, degrees};
use crate::programs::watch::plot::{self, Direction, Timeline};
use crate::programs::watch::view::View;
use crate::report::Freshness;
use crate::text::columns::UNKNOWN;

const WHOLE_PPM: u64 = 1_000_000;
/// The least full height of a plot of I/O: smaller rates do not matter.
const LEAST_IO: u64 = 1 << 20;
const NANOSECONDS: u64 = 1_000_000_000;

/// One plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// The share of all CPUs.
    Cpu,
    /// The share of the memory.
    Memory,
    /// Bytes read, upwards, and written, downwards.
    Io,
    /// Waiting for a CPU, for memory, for I/O.
    Pressure,
    /// The share of the first graphics processor.
    Gpu,
}

/// The plots that a machine has figures for, the most important first.
pub fn panels(sample: &Snapshot) -> Vec<Panel> {
    let pressure = valid::PRESSURE_CPU | valid::PRESSURE_MEMORY | valid::PRESSURE_IO;
    let mut panels = vec![Panel::Cpu, Panel::Memory];
    if sample.has(valid::PROCESS_IO) {
        panels.push(Panel::Io);
    }
    if sample.known_gpus().first().is_some_and(|gpu| gpu.has(Gpu::BUSY)) {
        panels.push(Panel::Gpu);
    }
    if sample.valid & pressure != 0 {
        panels.push(Panel::Pressure);
    }
    panels
}

/// The colour of a load.
pub fn heat(share: f64) -> Color {
    match share {
        ..=0.5 => Color::Green,
        ..=0.85 => Color::Yellow,
        _ => Color::Red,
    }
}

/// Draws a plot with its title.
pub fn draw(buffer: &mut Buffer, area: Rect, panel: Panel, view: &View, sample: &Snapshot) {
    if area.is_empty() {
        return;
    }
    let [title, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let timeline = Timeline {
        latest_ns: sample.monotonic_ns,
        period_ns: sample.period_ns,
        samples: view.samples_a_column(),
    };
    draw_title(buffer, title, panel, timeline, sample);
    let history = &view.picture.history;
    let mut share = |group, value: fn(&HistoryPoint) -> u32, colour: &dyn Fn(f64) -> Color| {
        let columns =
            columns(timeline, body, history, |point| known(point, group, value(point).into()));
        plot::area(buffer, body, &columns, WHOLE_PPM, Direction::Up, colour);
    };
    match panel {
        Panel::Cpu => share(valid::CPU, |point| point.cpu_busy_ppm, &heat),
        Panel::Memory => {
            let colour = level_colour(Levels::of_sample(sample).of_group(valid::MEMORY));
            let colour = colour.unwrap_or(Color::Blue);
            share(valid::MEMORY, |point| point.memory_used_ppm, &|_| colour);
        }
        Panel::Gpu => share(valid::GPU, |point| point.gpu_busy_ppm, &|_| Color::Magenta),
        Panel::Io => draw_io(buffer, body, timeline, history),
        Panel::Pressure => draw_pressures(buffer, body, timeline, view, sample),
    }
    if view.picture.state != Freshness::Fresh {
        buffer.set_style(area, Style::new().add_modifier(Modifier::DIM));
    }
}

fn known(point: &HistoryPoint, group: u64, value: u64) -> Option<u64> {
    point.has(group).then_some(value)
}

fn columns(
    timeline: Timeline,
    area: Rect,
    history: &[HistoryPoint],
    value: impl Fn(&HistoryPoint) -> Option<u64>,
) -> Vec<Option<u64>> {
    let points = history.iter().rev().map(|point| (point.monotonic_ns, value(point)));
    timeline.columns(area.width.into(), points)
}

fn draw_io(buffer: &mut Buffer, area: Rect, timeline: Timeline, history: &[HistoryPoint]) {
    let of = |value: fn(&HistoryPoint) -> u64| {
        columns(timeline, area, history, |point| known(point, valid::PROCESS_IO, value(point)))
    };
    let (read, write) =
        (of(|point| point.io_read_bytes_per_s), of(|point| point.io_write_bytes_per_s));
    let full = read.iter().chain(&write).flatten().copied().max().unwrap_or(0).max(LEAST_IO);
    let [upper, lower] = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
    plot::area(buffer, upper, &read, full, Direction::Up, |_| Color::Cyan);
    plot::area(buffer, lower, &write, full, Direction::Down, |_| Color::Yellow);
}

/// The three pressures below each other, as far as there are lines.
fn draw_pressures(
    buffer: &mut Buffer,
    area: Rect,
    timeline: Timeline,
    view: &View,
    sample: &Snapshot,
) {
    const LABEL_COLUMNS: u16 = 14;
    let rows = [
        ("cpu", valid::PRESSURE_CPU, sample.pressure_cpu_some_ppm),
        ("memory", valid::PRESSURE_MEMORY, sample.pressure_memory_some_ppm),
        ("i/o", valid::PRESSURE_IO, sample.pressure_io_some_ppm),
    ];
    let places = Layout::vertical(rows.map(|_| Constraint::Fill(1))).split(area);
    for (index, ((name, group, ppm), place)) in rows.into_iter().zip(places.iter()).enumerate() {
        let [label, body] =
            Layout::horizontal([Constraint::Length(LABEL_COLUMNS), Constraint::Min(0)])
                .areas(*place);
        let text = if sample.has(group) {
            format!("{name:<7}{:>5}", Share(ppm.into()).to_string())
        } else {
            format!("{name:<7}{UNKNOWN:>5}")
        };
        if label.height > 0 {
            buffer.set_stringn(label.x, label.bottom() - 1, text, label.width.into(), Style::new());
        }
        let points = view
            .pressures
            .iter()
            .rev()
            .map(|point| (point.monotonic_ns, point.some_ppm[index].map(u64::from)));
        let columns = timeline.columns(body.width.into(), points);
        plot::area(buffer, body, &columns, WHOLE_PPM, Direction::Up, |_| Color::Red);
    }
}

fn draw_title(
    buffer: &mut Buffer,
    area: Rect,
    panel: Panel,
    timeline: Timeline,
    sample: &Snapshot,
) {
    let dim = Style::new().add_modifier(Modifier::DIM);
    buffer.set_stringn(area.x, area.y, "─".repeat(area.width.into()), area.width.into(), dim);
    let seconds = timeline.step_ns().saturating_mul(area.width.into()) / NANOSECONDS;
    let age = format!(" {seconds} s");
    let mut spans = Vec::new();
    for (index, (text, level)) in title(panel, sample).into_iter().enumerate() {
        let mut style = Style::new();
        if index == 0 {
            style = style.add_modifier(Modifier::BOLD);
        }
        if let Some(colour) = level_colour(level) {
            style = style.fg(colour);
        }
        spans.extend([Text::styled(text, style), Text::raw("  ")]);
    }
    spans.pop();
    spans.push(Text::raw(" "));
    let line = Line::from(spans);
    let used = line.width() as u16;
    buffer.set_line(area.x, area.y, &line, area.width);
    let room = area.width.saturating_sub(used);
    if room > age.len() as u16 {
        let x = area.right() - age.len() as u16;
        buffer.set_stringn(x, area.y, &age, age.len(), dim);
    }
}

fn level_colour(level: Level) -> Option<Color> {
    match level {
        Level::Ok => None,
        Level::Warning => Some(Color::Yellow),
        Level::Critical => Some(Color::Red),
    }
}

/// The name of a plot, then its latest figures.
fn title(panel: Panel, sample: &Snapshot) -> Vec<(String, Level)> {
    let levels = Levels::of_sample(sample);
    let known = |group, text: String| sample.has(group).then(|| (text, levels.of_group(group)));
    let rate = |bytes| Bytes { bytes, digits: 3 };
    let (name, figures) = match panel {
        Panel::Cpu => {
            let throttled = Share(sample.cpu_throttled_ppm.into());
            let throttled = (format!("throttled {throttled}"), Level::Warning);
            let is_throttled = sample.has(valid::CPU_THROTTLED) && sample.cpu_throttled_ppm > 0;
            let figures = vec![
                known(valid::CPU, Share(sample.cpu_busy_ppm.into()).to_string()),
                known(valid::CPU_TEMPERATURE, celsius(sample.cpu_temperature_mc)),
                known(valid::CPU_FREQUENCY, Frequency(sample.cpu_frequency_khz.into()).to_string()),
                known(valid::CPU_POWER, Power(sample.cpu_power_uw).to_string()),
                is_throttled.then_some(throttled),
            ];
            ("CPU".to_owned(), figures)
        }
        Panel::Memory => {
            let used = PartOf(sample.memory_used_bytes, sample.memory_total_bytes);
            let swap = PartOf(sample.swap_used_bytes, sample.swap_total_bytes);
            let used = known(valid::MEMORY, used.to_string());
            let used = used.or_else(|| Some((UNKNOWN.to_owned(), Level::Ok)));
            ("Memory".to_owned(), vec![used, known(valid::SWAP, format!("swap {swap}"))])
        }
        Panel::Io => {
            let read = format!("read {}/s", rate(sample.io_read_bytes_per_s));
            let write = format!("write {}/s", rate(sample.io_write_bytes_per_s));
            let figures = [read, write].map(|text| Some((text, Level::Ok)));
            ("I/O".to_owned(), figures.into())
        }
        Panel::Pressure => ("Pressure, of 10 s".to_owned(), Vec::new()),
        Panel::Gpu => {
            let gpu = &sample.gpus[0];
            let known = |field, text: String| gpu.has(field).then_some((text, Level::Ok));
            let memory = PartOf(gpu.memory_used_bytes, gpu.memory_total_bytes);
            let mut figures = vec![
                known(Gpu::BUSY, Share(gpu.busy_ppm.into()).to_string()),
                known(Gpu::TEMPERATURE, celsius(gpu.temperature_mc)),
                known(Gpu::FREQUENCY, format!("{} MHz", gpu.frequency_mhz)),
                known(Gpu::POWER, Power(gpu.power_uw).to_string()),
                known(Gpu::MEMORY, memory.to_string()),
            ];
            let reasons = gpu.throttle_names().filter(|_| gpu.has(Gpu::THROTTLE));
            figures.extend(
                reasons.map(|reason| Some((format!("throttled: {reason}"), Level::Warning))),
            );
            (format!("GPU {}", gpu.driver_name().unwrap_or_default()), figures)
        }
    };
    [(name, Level::Ok)].into_iter().chain(figures.into_iter().flatten()).collect()
}

fn celsius(milli_celsius: i32) -> String {
    format!("{} °C", degrees(milli_celsius))
}
