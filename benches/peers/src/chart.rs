//! Bars, as SVG.

use std::fmt::Write as _;

pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) length: f64,
    pub(crate) figure: String,
    pub(crate) is_ours: bool,
}

pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) bars: Vec<Bar>,
}

const WIDTH: f64 = 820.0;
const LEFT: f64 = 270.0;
/// For the figures, to the right of the longest bar.
const RIGHT: f64 = 150.0;
const ROW: f64 = 20.0;
const MARGIN: f64 = 16.0;

/// Panels one below the other, each with a scale of its own.
pub(crate) fn draw(panels: &[Panel]) -> String {
    let height = panels.iter().map(|panel| panel_height(panel.bars.len())).sum::<f64>() + MARGIN + ROW;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    let mut y = MARGIN;
    text(&mut svg, [MARGIN, y], "", "Multiples of the SHA-256 compressions that the HMAC needs; shorter is faster");
    y += ROW;
    for panel in panels {
        text(&mut svg, [MARGIN, y + ROW / 2.0], "font-weight=\"bold\"", &panel.title);
        let longest = panel.bars.iter().map(|bar| bar.length).fold(0.0, f64::max);
        let scale = (WIDTH - LEFT - RIGHT) / longest;
        // The floor itself.
        let (top, floor) = (y + ROW, LEFT + scale);
        for (place, bar) in panel.bars.iter().enumerate() {
            let (y, color) = (top + ROW * place as f64, if bar.is_ours { "#2166ac" } else { "#b0b0b0" });
            text(&mut svg, [LEFT - 8.0, y + ROW / 2.0], "text-anchor=\"end\"", &bar.name);
            let (width, height) = (bar.length * scale, ROW - 5.0);
            let y_bar = y + 2.5;
            let _ = writeln!(
                svg,
                "<rect x=\"{LEFT}\" y=\"{y_bar}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{color}\"/>"
            );
            text(&mut svg, [LEFT + width + 6.0, y + ROW / 2.0], "", &bar.figure);
        }
        let bottom = top + ROW * panel.bars.len() as f64;
        let _ = writeln!(
            svg,
            "<line x1=\"{floor:.1}\" y1=\"{top}\" x2=\"{floor:.1}\" y2=\"{bottom}\" stroke=\"#c00\" stroke-dasharray=\"3 2\"/>"
        );
        y += panel_height(panel.bars.len());
    }
    svg.push_str("</svg>\n");
    svg
}

fn panel_height(bars: usize) -> f64 {
    ROW * bars as f64 + ROW + 12.0
}

fn text(svg: &mut String, [x, y]: [f64; 2], attributes: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" dominant-baseline=\"central\" xml:space=\"preserve\" {attributes}>{text}</text>"
    );
}
