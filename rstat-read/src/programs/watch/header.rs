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
fn facts(sample: &Snapshot) -> Vec<(String, Style)> {
    let (normal, alert) = (Style::new(), Style::new().fg(Color::Yellow));
    let mut facts = Vec::new();
    if sample.has(valid::LOAD) {
        let [one, five, fifteen] =
            [sample.load_1m_milli, sample.load_5m_milli, sample.load_15m_milli]
                .map(|milli| Milli(milli.into()));
        facts.push((format!("load {one} {five} {fifteen}"), normal));
    }
    if sample.has(valid::PROCESS_STATES) && sample.processes_blocked > 0 {
        facts.push((format!("{} blocked", sample.processes_blocked), alert));
    }
    if sample.has(valid::PROCESS_STATES) && sample.processes_zombie > 0 {
        facts.push((format!("{} zombies", sample.processes_zombie), normal));
    }
    if sample.has(valid::PROCESSES) {
        facts.push((format!("{} processes", sample.processes), normal));
    }
    if sample.has(valid::LOAD) {
        facts.push((format!("{} threads", sample.threads), normal));
    }
    if sample.has(valid::BATTERY) {
        let charge = percent(sample.battery_charge_ppm);
        let status = find("battery_status").and_then(|field| field.value_name(sample));
        facts.push((format!("battery {charge} % {}", status.unwrap_or_default()), normal));
    }
    if let Some(profile) = find("platform_profile").and_then(|field| field.value_name(sample)) {
        facts.push((profile.to_owned(), normal));
    }
    if let Some(source) = sample.source_name() {
        facts.push((format!("source {source}"), normal));
    }
    facts
}
