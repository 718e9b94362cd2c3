//! Draws when a policy's attempts are due: `cargo run -p schedule -- [FILE.svg] [POLICY.json]`.
//!
//! Without a policy, it draws the Standard Webhooks schedule. With a file name, it also writes an SVG.

use std::error::Error;

use hookseal::delivery::RetryPolicy;
use plotters::prelude::{BLUE, ChartBuilder, Circle, IntoDrawingArea, LineSeries, SVGBackend, WHITE};
use textplots::{Chart, Plot, Shape};

fn main() -> Result<(), Box<dyn Error>> {
    let svg = std::env::args().nth(1);
    let policy = match std::env::args().nth(2) {
        Some(file) => serde_json::from_str(&std::fs::read_to_string(file)?)?,
        None => RetryPolicy::STANDARD_WEBHOOKS,
    };
    // (hours since the first attempt, attempt)
    let mut points = vec![(0.0, 1.0)];
    points.extend(policy.due_times().zip(2_u32..).map(|(due, attempt)| (due.as_secs_f32() / 3600.0, attempt as f32)));

    println!("attempt  hours since the first");
    for (hours, attempt) in &points {
        println!("{attempt:7}  {hours:.2}");
    }
    let end = points.last().map_or(1.0, |(hours, _)| hours.max(0.1));
    println!("\nattempts made (up) by hours since the first (right):");
    Chart::new(120, 50, 0.0, end).lineplot(&Shape::Steps(&points)).nice();

    if let Some(path) = svg {
        draw(&path, &points, end)?;
        println!("\nwrote {path}");
    }
    Ok(())
}

fn draw(path: &str, points: &[(f32, f32)], end: f32) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, (720, 360)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Attempts of a delivery", ("sans-serif", 20))
        .margin(16)
        .x_label_area_size(40)
        .y_label_area_size(40)
        .build_cartesian_2d(0.0..end * 1.02, 0.0..points.len() as f32 + 1.0)?;
    chart.configure_mesh().x_desc("hours since the first attempt").y_desc("attempt").draw()?;
    chart.draw_series(LineSeries::new(points.iter().copied(), &BLUE))?;
    chart.draw_series(points.iter().map(|point| Circle::new(*point, 4, BLUE)))?;
    area.present()?;
    Ok(())
}
