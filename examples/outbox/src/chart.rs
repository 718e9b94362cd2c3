//! What happened, as a picture: events per second, the lag, and the accidents, over time.

use std::fmt::Write;
use std::time::{Duration, Instant};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 150.0;
const MARGIN: f64 = 60.0;
/// The room between the two curves.
const GAP: f64 = 40.0;

/// What was measured at one time.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Duration,
    processed: usize,
    lag: Duration,
}

/// The course of a run.
#[derive(Debug)]
pub struct Chart {
    begun: Instant,
    samples: Vec<Sample>,
    /// When what happened, and in which colour it is drawn.
    marks: Vec<(Duration, String, &'static str)>,
}

impl Chart {
    pub fn start() -> Chart {
        Chart { begun: Instant::now(), samples: Vec::new(), marks: Vec::new() }
    }

    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    pub fn sample(&mut self, processed: usize, lag: Duration) {
        self.samples.push(Sample { at: self.elapsed(), processed, lag });
    }

    pub fn kill(&mut self) {
        self.marks.push((self.elapsed(), String::new(), "#c33"));
    }

    pub fn mark(&mut self, text: &str) {
        self.marks.push((self.elapsed(), text.to_owned(), "#777"));
    }

    /// The picture. Red lines are kills.
    pub fn svg(&self) -> String {
        let end = self.samples.last().map_or(1.0, |sample| sample.at.as_secs_f64()).max(0.001);
        let x = |at: Duration| MARGIN + at.as_secs_f64() / end * WIDTH;
        let rates: Vec<(Duration, f64)> = self
            .samples
            .windows(2)
            .filter_map(|pair| {
                let seconds = (pair[1].at.checked_sub(pair[0].at)?).as_secs_f64();
                (seconds > 0.0)
                    .then(|| (pair[1].at, pair[1].processed.saturating_sub(pair[0].processed) as f64 / seconds))
            })
            .collect();
        let lags: Vec<(Duration, f64)> =
            self.samples.iter().map(|sample| (sample.at, sample.lag.as_secs_f64())).collect();
        let (full_width, full_height) = (WIDTH + 2.0 * MARGIN, 2.0 * HEIGHT + GAP + 2.0 * MARGIN);
        let mut svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {full_width} {full_height}' font-family='sans-serif' \
             font-size='12'>\n<rect width='100%' height='100%' fill='#fff'/>\n"
        );
        for (at, text, colour) in &self.marks {
            let (x, bottom) = (x(*at), MARGIN + 2.0 * HEIGHT + GAP);
            let _ = writeln!(svg, "<path d='M{x:.1} {MARGIN}V{bottom}' stroke='{colour}' stroke-width='0.7'/>");
            if !text.is_empty() {
                let _ = writeln!(
                    svg,
                    "<text x='{x:.1}' y='{:.1}' transform='rotate(-20 {x:.1} {0:.1})' fill='{colour}' font-size='9'>{text}</text>",
                    MARGIN - 6.0
                );
            }
        }
        curve(&mut svg, &rates, MARGIN, "events per second", "#27c", x);
        curve(&mut svg, &lags, MARGIN + HEIGHT + GAP, "lag in seconds", "#b70", x);
        let y = MARGIN + 2.0 * HEIGHT + GAP + 20.0;
        let _ = writeln!(svg, "<text x='{MARGIN}' y='{y}'>0 s</text>");
        let _ = writeln!(svg, "<text x='{:.1}' y='{y}' text-anchor='end'>{end:.1} s</text>", MARGIN + WIDTH);
        svg.push_str("</svg>\n");
        svg
    }
}

/// One curve with its frame, its name and its largest value.
fn curve(
    svg: &mut String,
    points: &[(Duration, f64)],
    top: f64,
    name: &str,
    colour: &str,
    x: impl Fn(Duration) -> f64,
) {
    let most = points.iter().map(|(_, value)| *value).fold(0.0, f64::max).max(0.001);
    let bottom = top + HEIGHT;
    let path: Vec<String> =
        points.iter().map(|(at, value)| format!("{:.1},{:.1}", x(*at), bottom - value / most * HEIGHT)).collect();
    let _ = writeln!(svg, "<rect x='{MARGIN}' y='{top}' width='{WIDTH}' height='{HEIGHT}' fill='none' stroke='#ccc'/>");
    let _ = writeln!(svg, "<polyline points='{}' fill='none' stroke='{colour}' stroke-width='1.5'/>", path.join(" "));
    let _ = writeln!(svg, "<text x='{:.1}' y='{:.1}' fill='{colour}'>{name}</text>", MARGIN + 6.0, top + 14.0);
    let _ = writeln!(svg, "<text x='{:.1}' y='{:.1}' text-anchor='end'>{most:.1}</text>", MARGIN - 6.0, top + 10.0);
}
