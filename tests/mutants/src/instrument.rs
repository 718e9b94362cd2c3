//! Puts the mutants of a file behind switches. A mutant's branch is plain text: only one mutant is on at a time.

use std::collections::HashMap;
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::list::{Genre, Mutant, Point};

/// A file with switches.
pub struct Instrumented {
    pub text: String,
    /// Where in `text` the branch of a mutant is.
    pub branches: Vec<(Range<usize>, u32)>,
    /// Functions: their place in `text`, and the mutants in them.
    pub functions: Vec<(Range<usize>, Vec<u32>)>,
    /// Mutants that cannot have a switch: in constants, or `||` beside a `let`.
    pub without_switch: Vec<u32>,
}

#[derive(Default)]
struct Places {
    /// By the start of the operator: the expression, and its sides.
    binary: HashMap<usize, [Range<usize>; 3]>,
    /// By the start: the expression, and its operand.
    unary: HashMap<usize, (Range<usize>, Range<usize>)>,
    /// By the start: the pattern's end, and the guard.
    arms: HashMap<usize, (usize, Option<Range<usize>>)>,
    /// By the start of the field: the struct expression, and the field with its comma.
    fields: HashMap<usize, (Range<usize>, Range<usize>)>,
    functions: Vec<Range<usize>>,
    constants: Vec<Range<usize>>,
}

fn range(span: Span) -> Range<usize> {
    span.byte_range()
}

fn has_let(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Places {
    fn visit_expr_binary(&mut self, node: &'ast syn::ExprBinary) {
        if !has_let(&node.left) && !has_let(&node.right) {
            let sides = [node.span(), node.left.span(), node.right.span()].map(range);
            self.binary.insert(range(node.op.span()).start, sides);
        }
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_unary(&mut self, node: &'ast syn::ExprUnary) {
        self.unary.insert(range(node.op.span()).start, (range(node.span()), range(node.expr.span())));
        visit::visit_expr_unary(self, node);
    }

    fn visit_arm(&mut self, node: &'ast syn::Arm) {
        let guard = node.guard.as_ref().map(|(_, guard)| range(guard.span()));
        self.arms.insert(range(node.span()).start, (range(node.pat.span()).end, guard));
        visit::visit_arm(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'ast syn::ExprStruct) {
        for pair in node.fields.pairs() {
            let field = range(pair.value().span());
            let end = pair.punct().map_or(field.end, |comma| range(comma.span()).end);
            self.fields.insert(field.start, (range(node.span()), field.start..end));
        }
        visit::visit_expr_struct(self, node);
    }

    fn visit_item_fn(&mut self, node: &'ast syn::ItemFn) {
        self.functions.push(range(node.span()));
        visit::visit_item_fn(self, node);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast syn::ImplItemFn) {
        self.functions.push(range(node.span()));
        visit::visit_impl_item_fn(self, node);
    }

    fn visit_trait_item_fn(&mut self, node: &'ast syn::TraitItemFn) {
        self.functions.push(range(node.span()));
        visit::visit_trait_item_fn(self, node);
    }

    fn visit_item_const(&mut self, node: &'ast syn::ItemConst) {
        self.constants.push(range(node.span()));
        visit::visit_item_const(self, node);
    }

    fn visit_impl_item_const(&mut self, node: &'ast syn::ImplItemConst) {
        self.constants.push(range(node.span()));
        visit::visit_impl_item_const(self, node);
    }

    fn visit_item_static(&mut self, node: &'ast syn::ItemStatic) {
        self.constants.push(range(node.span()));
        visit::visit_item_static(self, node);
    }

    fn visit_type_array(&mut self, node: &'ast syn::TypeArray) {
        self.constants.push(range(node.len.span()));
        visit::visit_type_array(self, node);
    }
}

/// The expression that is wrapped, and what each of its mutants makes of it.
struct Wrapped {
    node: Range<usize>,
    branches: Vec<(u32, String)>,
}

enum Insertion {
    Text(String),
    /// `before`, the branch of a mutant, `after`.
    Branch(u32, String, String, String),
}

/// `crate` of the switch's module.
const ON: &str = "crate::mutants_switch::on";

pub fn instrument(source: &str, mutants: &[&Mutant]) -> Instrumented {
    let mut places = Places::default();
    places.visit_file(&syn::parse_file(source).unwrap());
    let lines: Vec<usize> =
        std::iter::once(0).chain(source.match_indices('\n').map(|(newline, _)| newline + 1)).collect();
    let offset = |point: Point| {
        let line = &source[lines[point.line - 1]..];
        let column = line.char_indices().nth(point.column - 1).map_or(line.len(), |(at, _)| at);
        lines[point.line - 1] + column
    };

    let mut without_switch = Vec::new();
    let mut wrapped: HashMap<(usize, usize), Wrapped> = HashMap::new();
    // Sorted by place, then by rank: ends of inner expressions first, starts of outer ones first.
    let mut insertions: Vec<(usize, i64, Insertion)> = Vec::new();
    let mut in_function: Vec<(usize, u32)> = Vec::new();
    for mutant in mutants {
        let (start, end) = (offset(mutant.span.start), offset(mutant.span.end));
        if places.constants.iter().any(|constant| constant.contains(&start)) {
            without_switch.push(mutant.id);
            continue;
        }
        let replacement = &mutant.replacement;
        let change = match mutant.genre {
            Genre::FnValue => {
                insertions.push((
                    start,
                    i64::MIN,
                    Insertion::Branch(
                        mutant.id,
                        format!("if {ON}({}) {{ ", mutant.id),
                        format!("return {replacement};"),
                        " } ".into(),
                    ),
                ));
                in_function.push((start, mutant.id));
                continue;
            }
            Genre::MatchArm => {
                let Some((pattern, guard)) = places.arms.get(&start) else {
                    without_switch.push(mutant.id);
                    continue;
                };
                let switch = format!("!{ON}({})", mutant.id);
                match guard {
                    Some(guard) => {
                        let before = Insertion::Branch(mutant.id, String::new(), switch, " && (".into());
                        insertions.push((guard.start, i64::MIN, before));
                        insertions.push((guard.end, i64::MAX, Insertion::Text(")".into())));
                    }
                    None => {
                        let guard = Insertion::Branch(mutant.id, " if ".into(), switch, String::new());
                        insertions.push((*pattern, i64::MIN, guard));
                    }
                }
                in_function.push((start, mutant.id));
                continue;
            }
            Genre::MatchArmGuard => Some((start..end, replacement.clone())),
            Genre::BinaryOperator => places.binary.get(&start).map(|[node, left, right]| {
                let (left, right) = (&source[left.clone()], &source[right.clone()]);
                (node.clone(), format!("({left}) {replacement} ({right})"))
            }),
            Genre::UnaryOperator => {
                places.unary.get(&start).map(|(node, operand)| (node.clone(), source[operand.clone()].to_owned()))
            }
            Genre::StructField => places.fields.get(&start).map(|(node, field)| {
                (node.clone(), format!("{}{}", &source[node.start..field.start], &source[field.end..node.end]))
            }),
        };
        match change {
            Some((node, branch)) => {
                in_function.push((start, mutant.id));
                let entry = wrapped.entry((node.start, node.end));
                entry.or_insert(Wrapped { node, branches: Vec::new() }).branches.push((mutant.id, branch));
            }
            None => without_switch.push(mutant.id),
        }
    }
    for Wrapped { node, branches } in wrapped.into_values() {
        let length = i64::try_from(node.len()).unwrap();
        insertions.push((node.start, -length, Insertion::Text("(".into())));
        for (id, branch) in branches {
            let switch = Insertion::Branch(id, format!("if {ON}({id}) {{ "), branch, " } else ".into());
            insertions.push((node.start, -length, switch));
        }
        insertions.push((node.start, -length, Insertion::Text("{ ".into())));
        insertions.push((node.end, length, Insertion::Text(" })".into())));
    }
    // What ends at a place comes before what starts there. A function's start comes before its first expression.
    insertions.sort_by_key(|(at, rank, _)| (*at, *rank <= 0, *rank));

    let mut text = String::new();
    let mut branches = Vec::new();
    let mut moved = Vec::new();
    let mut copied = 0;
    for (at, _, insertion) in insertions {
        text.push_str(&source[copied..at]);
        copied = at;
        match insertion {
            Insertion::Text(more) => text.push_str(&more),
            Insertion::Branch(id, before, branch, after) => {
                text.push_str(&before);
                let start = text.len();
                text.push_str(&branch);
                branches.push((start..text.len(), id));
                text.push_str(&after);
            }
        }
        moved.push((at, text.len()));
    }
    text.push_str(&source[copied..]);
    let moved_to = |at: usize| {
        let last = moved.partition_point(|(from, _)| *from < at).checked_sub(1).map_or((0, 0), |index| moved[index]);
        last.1 + (at - last.0)
    };
    let functions = places
        .functions
        .iter()
        .map(|function| {
            let ids = in_function.iter().filter(|(at, _)| function.contains(at)).map(|(_, id)| *id).collect();
            (moved_to(function.start)..moved_to(function.end), ids)
        })
        .collect();
    Instrumented { text, branches, functions, without_switch }
}
