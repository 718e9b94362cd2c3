//! What is measured, and how: all cells take turns in every round, and the least time of each counts, because other
//! processes on the same machine can only add time.

use std::hint::black_box;
use std::time::{Duration, Instant};

use sha2::block_api::compress256;

use crate::allocations::{self, Allocations};
use crate::contestants::{Kind, Sign, Verify, signers, verifiers};
use crate::requests::{Form, Key, Request, SIZES, body};

/// One call of one contestant, again and again.
pub(crate) struct Cell {
    pub(crate) table: usize,
    pub(crate) row: &'static str,
    pub(crate) kind: Kind,
    pub(crate) column: &'static str,
    /// Compressions of SHA-256 that nobody can do without who looks at the body.
    pub(crate) compressions: usize,
    /// Nanoseconds.
    pub(crate) best: f64,
    pub(crate) allocations: Allocations,
    /// Whether the call succeeds, every time.
    expected: bool,
    call: Box<dyn Fn() -> bool>,
    batch: u32,
}

/// Cells whose columns are sizes of bodies, and whose rows are contestants.
pub(crate) struct Table {
    pub(crate) scheme: Form,
    pub(crate) title: &'static str,
    pub(crate) what: What,
    pub(crate) columns: Vec<(&'static str, usize)>,
}

#[derive(Clone, Copy)]
pub(crate) enum What {
    Sign,
    Verify {
        /// The last one is right.
        keys: usize,
        request: Request,
    },
}

pub(crate) fn tables() -> Vec<Table> {
    let plain = Request::PLAIN;
    let verify = |keys, request| What::Verify { keys, request };
    let kinds = [
        ("verify", verify(1, plain), true),
        ("sign", What::Sign, true),
        ("wrong signature", verify(1, Request { is_authentic: false, ..plain }), true),
        ("stale, though authentic", verify(1, Request { is_stale: true, ..plain }), false),
        ("3 signatures, the last is right", verify(1, Request { signatures: 3, ..plain }), true),
        ("100 signatures, all wrong", verify(1, Request { signatures: 100, is_authentic: false, ..plain }), false),
        ("2 keys, the last is right", verify(2, plain), true),
        ("5 keys, the last is right", verify(5, plain), true),
    ];
    let mut tables = Vec::new();
    for scheme in [Form::GitHub, Form::Stripe, Form::StandardWebhooks] {
        for (title, what, has_all_sizes) in kinds {
            // GitHub signs no time, and has one signature.
            let exists = match what {
                What::Verify { request, .. } => scheme != Form::GitHub || !request.is_stale && request.signatures == 1,
                What::Sign => true,
            };
            let columns = if has_all_sizes { SIZES.to_vec() } else { SIZES[2..4].to_vec() };
            tables.extend(exists.then_some(Table { scheme, title, what, columns }));
        }
    }
    tables
}

pub(crate) fn cells(tables: &[Table]) -> Vec<Cell> {
    let bodies = SIZES.map(|(_, size)| &*body(size).leak());
    let mut cells = Vec::new();
    for (place, table) in tables.iter().enumerate() {
        for &(column, size) in &table.columns {
            let body = bodies.into_iter().find(|body| body.len() == size).expect("one of each size");
            let cell = |row, kind, expected, keys, call| Cell {
                table: place,
                row,
                kind,
                column,
                compressions: keys * ((table.scheme.head() + size + 9).div_ceil(64) + 1),
                best: f64::INFINITY,
                allocations: Allocations::default(),
                expected,
                call,
                batch: 1,
            };
            match table.what {
                What::Sign => cells.extend(signers(table.scheme).into_iter().map(|signer| {
                    let sign: Sign = (signer.with)(&Key::new(0));
                    cell(signer.name, signer.kind, true, 1, Box::new(move || sign(black_box(body))) as Box<_>)
                })),
                What::Verify { keys, request } => {
                    let takes = |verifier: &crate::contestants::Verifier| {
                        verifier.takes.size(size) && (verifier.has_lists || request.signatures == 1)
                    };
                    cells.extend(verifiers(table.scheme).into_iter().filter(takes).map(|verifier| {
                        let keys: Vec<Key> = (0..keys).rev().map(Key::new).collect();
                        let headers = request.headers(verifier.form, &Key::new(0), body);
                        let verify: Verify = (verifier.with)(&keys);
                        let is_ok = request.is_authentic && !request.is_stale;
                        let call = Box::new(move || verify(black_box(&headers), black_box(body)));
                        cell(verifier.name, verifier.kind, is_ok, keys.len(), call)
                    }));
                }
            }
        }
    }
    cells
}

impl Cell {
    fn run(&self, times: u32) -> Duration {
        let start = Instant::now();
        for _ in 0..times {
            black_box((self.call)());
        }
        start.elapsed()
    }

    fn measure(&mut self, slice: Duration) {
        let mut elapsed = self.run(self.batch);
        while elapsed < slice / 2 {
            self.batch *= 2;
            elapsed = self.run(self.batch);
        }
        self.best = self.best.min(elapsed.as_secs_f64() * 1e9 / f64::from(self.batch));
    }

    /// A contestant that fails, or a signature that has become old meanwhile, would be fast.
    fn check(&self) {
        assert_eq!((self.call)(), self.expected, "{}, table {}, {}", self.row, self.table, self.column);
    }
}

/// Measures all, and returns the nanoseconds of one compression in the same rounds.
pub(crate) fn measure(cells: &mut [Cell], rounds: usize, slice: Duration) -> f64 {
    // 16 KiB in the first cache. Each call goes on from the last: processors overlap what does not depend on each other.
    let (blocks, state) = (vec![[0x5A_u8; 64]; 256], std::cell::Cell::new([0_u32; 8]));
    let mut floor = Cell {
        table: 0,
        row: "floor",
        kind: Kind::Bare,
        column: "",
        compressions: blocks.len(),
        best: f64::INFINITY,
        allocations: Allocations::default(),
        expected: true,
        call: Box::new(move || {
            let mut next = state.get();
            compress256(&mut next, black_box(&blocks));
            state.set(next);
            true
        }),
        batch: 1,
    };
    cells.iter().for_each(Cell::check);
    for round in 0..rounds {
        floor.measure(slice);
        cells.iter_mut().for_each(|cell| cell.measure(slice));
        eprint!("\rround {} of {rounds}", round + 1);
    }
    eprintln!();
    for cell in cells.iter_mut() {
        cell.allocations = allocations::count(|| cell.check());
    }
    floor.best / floor.compressions as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Accepts what is authentic and fresh, and nothing else.
    #[test]
    fn every_contestant_does_in_every_cell_what_it_should() {
        let mut cells = cells(&tables());
        let compression = measure(&mut cells, 1, Duration::ZERO);
        assert!(compression > 0.0);
        assert!(cells.iter().all(|cell| cell.best.is_finite()));
    }

    #[test]
    fn allocations_are_counted() {
        let counted = allocations::count(|| drop(black_box(vec![1_u8; 100])));
        assert!(counted.calls >= 1 && counted.bytes >= 100, "{counted:?}");
    }
}
