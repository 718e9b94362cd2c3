//! The tables and the drawing of time and allocations.

use std::fmt::Write as _;
use std::time::Duration;

use crate::cells::{Cell, Table, What, cells, measure, tables};
use crate::chart::{Bar, Panel, draw};
use crate::contestants::Kind;
use crate::requests::{Form, Request};

/// Two runs of the same code differ by this much.
const NOISE: f64 = 1.03;

/// The size of body that is drawn, and shown first: that of a usual delivery.
const SUMMARY: &str = "1 KiB";

pub(crate) struct Speed {
    pub(crate) markdown: String,
    pub(crate) svg: String,
}

pub(crate) fn speed(rounds: usize, slice: Duration) -> Speed {
    let tables = tables();
    let mut cells = cells(&tables);
    let compression = measure(&mut cells, rounds, slice);
    let results = Results { tables, cells, compression };
    Speed { markdown: results.markdown(rounds, slice), svg: draw(&results.panels()) }
}

struct Results {
    tables: Vec<Table>,
    cells: Vec<Cell>,
    compression: f64,
}

impl Results {
    fn floor(&self, cell: &Cell) -> f64 {
        cell.compressions as f64 * self.compression
    }

    fn times(&self, cell: &Cell) -> f64 {
        cell.best / self.floor(cell)
    }

    /// The rows of a table in their order, each with its cells.
    fn rows(&self, table: usize) -> Vec<(&'static str, Vec<&Cell>)> {
        let cells: Vec<&Cell> = self.cells.iter().filter(|cell| cell.table == table).collect();
        // Every contestant takes the largest bodies.
        let largest = cells.iter().filter(|cell| Some(cell.column) == cells.last().map(|last| last.column));
        let row = |first: &&Cell| (first.row, cells.iter().filter(|cell| cell.row == first.row).copied().collect());
        largest.map(row).collect()
    }

    fn markdown(&self, rounds: usize, slice: Duration) -> String {
        let mut text = format!(
            "{} cells took turns in {rounds} rounds of {} ms each in one process; the least time counts. One compression of \
             SHA-256 took {:.2} ns in the same rounds. The floor F of a cell is what its HMACs need of them: `ceil((n + 9) / 64) \
             + 1` for n signed bytes and a prepared key. Each cell is nanoseconds and, in brackets, the multiple of F.\n",
            self.cells.len(),
            slice.as_millis(),
            self.compression,
        );
        self.write_summary(&mut text);
        for (place, table) in self.tables.iter().enumerate() {
            if place == 0 || self.tables[place - 1].scheme != table.scheme {
                let _ = write!(text, "\n## {}\n", name(table.scheme));
            }
            self.write_times(&mut text, place, table);
        }
        text.push_str("\n## Allocations\n\nCalls of the allocator, and the bytes asked for, in one call.\n");
        for (place, table) in self.tables.iter().enumerate() {
            let is_shown = match table.what {
                What::Sign => true,
                What::Verify { keys, request } => request.is_authentic && request.signatures == 1 && keys != 2,
            };
            if is_shown && table.columns.len() > 2 {
                self.write_allocations(&mut text, place, table);
            }
        }
        self.write_goals(&mut text);
        text
    }

    /// One column of all tables, with the fastest peer of each.
    fn write_summary(&self, text: &mut String) {
        let _ = write!(text, "\n## Bodies of {SUMMARY}\n\n| | hookseal | the fastest peer |\n|---|---:|---:|\n");
        for cell in self.cells.iter().filter(|cell| cell.kind == Kind::Ours && cell.column == SUMMARY) {
            let table = &self.tables[cell.table];
            let peers = self.peers_of(cell).min_by(|one, other| one.best.total_cmp(&other.best));
            let fastest = peers.map_or(String::new(), |peer| format!("{}, {}", self.text(peer), peer.row));
            let _ = writeln!(text, "| {}: {} | {} | {fastest} |", name(table.scheme), table.title, self.text(cell));
        }
    }

    fn peers_of<'a>(&'a self, ours: &'a Cell) -> impl Iterator<Item = &'a Cell> {
        let place = (ours.table, ours.column);
        self.cells.iter().filter(move |cell| cell.kind == Kind::Peer && (cell.table, cell.column) == place)
    }

    fn text(&self, cell: &Cell) -> String {
        format!("{} ({:.2})", nanoseconds(cell.best), self.times(cell))
    }

    fn write_times(&self, text: &mut String, place: usize, table: &Table) {
        let rows = self.rows(place);
        write_head(text, table.title, table);
        let floor = |column: &str| {
            let cell = rows.iter().flat_map(|(_, cells)| cells).find(|cell| cell.column == column);
            cell.map_or(String::new(), |cell| nanoseconds(self.floor(cell)))
        };
        write_row(text, "F", table, floor);
        for (row, cells) in &rows {
            write_row(text, row, table, |column| match cells.iter().find(|cell| cell.column == column) {
                Some(cell) => self.text(cell),
                None => "–".to_owned(),
            });
        }
    }

    fn write_allocations(&self, text: &mut String, place: usize, table: &Table) {
        write_head(text, &format!("{}: {}", name(table.scheme), table.title), table);
        for (row, cells) in self.rows(place) {
            write_row(text, row, table, |column| match cells.iter().find(|cell| cell.column == column) {
                Some(cell) => format!("{} / {}", cell.allocations.calls, cell.allocations.bytes),
                None => "–".to_owned(),
            });
        }
    }

    fn write_goals(&self, text: &mut String) {
        text.push_str("\n## Goals\n\n| goal | cell | measured | |\n|---|---|---|---|\n");
        for (scheme, over) in [(Form::GitHub, 80.0), (Form::Stripe, 120.0), (Form::StandardWebhooks, 150.0)] {
            for cell in self.ours(scheme, "verify") {
                let is = cell.best - 1.05 * self.floor(cell);
                let goal = format!("{}: at most 1.05 F + {over} ns", name(scheme));
                // The noise of a long cell is more than what is added to it.
                let far = self.floor(cell) * (NOISE - 1.0);
                let verdict = if is <= over {
                    "met"
                } else if is - over < far {
                    "met within 3 %"
                } else {
                    "**missed**"
                };
                let _ = writeln!(text, "| {goal} | {} | 1.05 F {is:+.0} ns | {verdict} |", cell.column);
            }
        }
        for (scheme, limit) in [(Form::Stripe, 60.0), (Form::StandardWebhooks, 90.0)] {
            for cell in self.ours(scheme, "stale, though authentic") {
                let verdict = if cell.best <= limit { "met" } else { "**missed**" };
                let goal = format!("{}, stale: at most {limit} ns", name(scheme));
                let _ = writeln!(text, "| {goal} | {} | {:.0} ns | {verdict} |", cell.column, cell.best);
            }
        }
        let (mut slower, mut count) = (Vec::new(), 0);
        for cell in self.cells.iter().filter(|cell| cell.kind == Kind::Ours) {
            for peer in self.peers_of(cell) {
                count += 1;
                if cell.best > peer.best {
                    slower.push((cell, peer));
                }
            }
        }
        let far = slower.iter().filter(|(cell, peer)| cell.best > peer.best * NOISE).count();
        let _ = writeln!(
            text,
            "| in no cell slower than a peer | {count} pairs | slower in {}, by more than 3 % in {far} | {} |",
            slower.len(),
            if far == 0 { "met" } else { "**missed**" },
        );
        for (cell, peer) in slower {
            let table = &self.tables[cell.table];
            let _ = writeln!(
                text,
                "| slower than {} | {}: {}, {} | {} and {} | {:+.1} % |",
                peer.row,
                name(table.scheme),
                table.title,
                cell.column,
                nanoseconds(cell.best),
                nanoseconds(peer.best),
                (cell.best / peer.best - 1.0) * 100.0,
            );
        }
    }

    fn ours(&self, scheme: Form, title: &str) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(move |cell| {
            let table = &self.tables[cell.table];
            cell.kind == Kind::Ours && table.scheme == scheme && table.title == title
        })
    }

    fn panels(&self) -> Vec<Panel> {
        let is_drawn = |table: &&(usize, &Table)| match table.1.what {
            What::Sign => true,
            What::Verify { keys, request: Request { is_authentic, is_stale, signatures } } => {
                keys == 1 && !is_stale && (is_authentic && signatures == 1 || signatures == 100)
            }
        };
        let tables: Vec<_> = self.tables.iter().enumerate().collect();
        let panel = |&(place, table): &(usize, &Table)| {
            let column = SUMMARY;
            let bars = self.rows(place).into_iter().filter_map(|(row, cells)| {
                let cell = cells.into_iter().find(|cell| cell.column == column)?;
                let figure = format!("{:.2}   {} ns", self.times(cell), nanoseconds(cell.best));
                let name = row.replace("**", "");
                Some(Bar { name, length: self.times(cell), figure, is_ours: cell.kind == Kind::Ours })
            });
            Panel { title: format!("{}: {}, {column}", name(table.scheme), table.title), bars: bars.collect() }
        };
        tables.iter().filter(is_drawn).map(panel).collect()
    }
}

fn name(scheme: Form) -> &'static str {
    match scheme {
        Form::GitHub => "GitHub",
        Form::Stripe | Form::Hook0 => "Stripe",
        Form::StandardWebhooks => "Standard Webhooks",
    }
}

fn write_head(text: &mut String, title: &str, table: &Table) {
    let columns: Vec<&str> = table.columns.iter().map(|(column, _)| *column).collect();
    let _ = write!(text, "\n### {title}\n\n| | {} |\n|---|{}\n", columns.join(" | "), "---:|".repeat(columns.len()));
}

fn write_row(text: &mut String, row: &str, table: &Table, cell: impl Fn(&str) -> String) {
    let cells: Vec<String> = table.columns.iter().map(|(column, _)| cell(column)).collect();
    let _ = writeln!(text, "| {row} | {} |", cells.join(" | "));
}

/// Four digits or so, with a unit where a number of nanoseconds would be hard to read.
fn nanoseconds(time: f64) -> String {
    match time {
        time if time < 9999.5 => format!("{time:.0}"),
        time if time < 999_950.0 => format!("{:.1}k", time / 1e3),
        time => format!("{:.2}M", time / 1e6),
    }
}
