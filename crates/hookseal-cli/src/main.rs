//! The command `hookseal`.
mod lines;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let _ = match args.get(1).map(String::as_str) {
        Some("infer") => lines::answer(lines::infer),
        _ => lines::answer(lines::diagnose),
    };
}
