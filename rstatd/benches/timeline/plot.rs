//! The measured medians as a picture, over the number of processes.

use std::fmt::Display;
use std::io;
use std::path::Path;

use plotters::prelude::*;
use rstat_testbed::bench::Unit;

use crate::rounds::{Measured, Part};
use crate::stages::COUNT;

const SIZE: (u32, u32) = (860, 460);
/// The width of the names, to the right of the lines.
const NAMES_WIDTH: u32 = 180;
/// The marks on the axis of processes.
const MARKS: [f64; 7] = [100.0, 200.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0];
/// The colours of the stages, from slow to fast. Colour-blind people see the differences, too.
const COLOURS: [RGBColor; COUNT] = [
    RGBColor(0x88, 0x88, 0x88),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0x00, 0x9e, 0x73),
];

/// Draws the medians into a file. Both axes are logarithmic.
pub fn draw(all: &[Measured], file: &Path) -> io::Result<()> {
    let failed =
        |error: &dyn Display| io::Error::other(format!("draw {}: {error}", file.display()));
    draw_lines(all, file).map_err(|error| failed(&error))
}

fn draw_lines(all: &[Measured], file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let medians = |stage: usize| {
        let point = move |measured: &Measured| {
            (measured.processes as f64, measured.stages[stage].percentile(Part::Whole, 50.0))
        };
        all.iter().map(point).collect::<Vec<_>>()
    };
    let bounds = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
    };
    let (fewest, most) = bounds(&mut medians(0).into_iter().map(|(processes, _)| processes));
    let (fastest, slowest) = bounds(&mut (0..COUNT).flat_map(medians).map(|(_, median)| median));

    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("The median sample", ("sans-serif", 20))
        .margin(12)
        .margin_right(NAMES_WIDTH)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(
            (fewest * 0.9..most * 1.1).log_scale().with_key_points(MARKS.to_vec()),
            (fastest / 2.0..slowest * 2.0).log_scale(),
        )?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc("processes")
        .x_label_formatter(&|processes| format!("{processes:.0}"))
        .y_label_formatter(&|ns| Unit::Nanoseconds.show(*ns))
        .label_style(("sans-serif", 13))
        .draw()?;
    for (stage, colour) in COLOURS.into_iter().enumerate() {
        let points = medians(stage);
        chart.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?;
        let dot = |&point: &(f64, f64)| Circle::new(point, 3, colour.filled());
        chart.draw_series(points.iter().map(dot))?;
        let Some(last) = points.last() else { continue };
        let (x, y) = chart.backend_coord(last);
        let name = format!("{} · {}", all[0].stages[stage].name, Unit::Nanoseconds.show(last.1));
        area.draw(&Text::new(
            name,
            (x + 10, y - 6),
            ("sans-serif", 13).into_font().color(&colour),
        ))?;
    }
    area.present()?;
    Ok(())
}
