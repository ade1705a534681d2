//! The first line: the state of the region, and figures of the machine as a whole.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use rstat_shm::Snapshot;
use rstat_shm::fields::find;
use rstat_shm::snapshot::valid;

use crate::figures::quantity::{Milli, percent};
use crate::programs::watch::view::View;
use crate::report::Freshness;

const BETWEEN: &str = "  ";

/// Draws the line.
pub fn draw(buffer: &mut Buffer, area: Rect, view: &View) {
    if area.is_empty() {
        return;
    }
    let picture = &view.picture;
    let is_fresh = picture.state == Freshness::Fresh;
    let colour = if is_fresh { Color::Green } else { Color::Yellow };
    let mut spans = vec![
        Span::styled("rstat", Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(BETWEEN),
        Span::styled(picture.state.name(), Style::new().fg(colour)),
    ];
    match &picture.sample {
        Some(sample) if is_fresh => {
            for (text, style) in facts(sample) {
                spans.extend([Span::raw(BETWEEN), Span::styled(text, style)]);
            }
        }
        Some(_) => spans.extend([Span::raw(BETWEEN), Span::raw(&*picture.advice)]),
        None => {}
    }
    buffer.set_line(area.x, area.y, &Line::from(spans), area.width);
}

/// The parts of the line, the most important first: a narrow terminal cuts the last ones.
fn facts(sample: &Snapshot) -> impl Iterator<Item = (String, Style)> {
    let (normal, alert) = (Style::new(), Style::new().fg(Color::Yellow));
    let name = |field| find(field).and_then(|field| field.value_name(sample));
    let load = [sample.load_1m_milli, sample.load_5m_milli, sample.load_15m_milli];
    let [one, five, fifteen] = load.map(|milli| Milli(milli.into()));
    let (blocked, zombies) = (sample.processes_blocked, sample.processes_zombie);
    let has_states = sample.has(valid::PROCESS_STATES);
    let charge = percent(sample.battery_charge_ppm);
    let status = name("battery_status").unwrap_or_default();
    let profile = name("platform_profile");
    let source = sample.source_name();
    let facts = [
        (sample.has(valid::LOAD), format!("load {one} {five} {fifteen}"), normal),
        (has_states && blocked > 0, format!("{blocked} blocked"), alert),
        (has_states && zombies > 0, format!("{zombies} zombies"), normal),
        (sample.has(valid::PROCESSES), format!("{} processes", sample.processes), normal),
        (sample.has(valid::LOAD), format!("{} threads", sample.threads), normal),
        (sample.has(valid::BATTERY), format!("battery {charge} % {status}"), normal),
        (profile.is_some(), profile.unwrap_or_default().to_owned(), normal),
        (source.is_some(), format!("source {}", source.unwrap_or_default()), normal),
    ];
    let known = facts.into_iter().filter(|(is_known, ..)| *is_known);
    known.map(|(_, text, style)| (text, style))
}
