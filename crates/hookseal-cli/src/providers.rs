use hookseal::provider::{self, Provider};
use serde_json::json;

/// The providers whose name or source has every word.
pub(crate) fn run(words: &[String], json: bool) -> Result<bool, String> {
    let has_all = |provider: &&&Provider| {
        let text = format!("{} {}", provider.name(), provider.source()).to_lowercase();
        words.iter().all(|word| text.contains(&word.to_lowercase()))
    };
    let mut found: Vec<&&Provider> = provider::ALL.iter().filter(has_all).collect();
    found.sort_by_key(|provider| provider.name());
    if json {
        for provider in &found {
            println!(
                "{}",
                json!({ "name": provider.name(), "schemes": provider.schemes(), "source": provider.source(),
                        "confidence": format!("{:?}", provider.confidence()), "replay_window": provider.replay_window() })
            );
        }
        return Ok(!found.is_empty());
    }
    if let [only] = found.as_slice() {
        print(only);
    } else {
        for provider in &found {
            println!("{:<28} {}", provider.name(), provider.scheme().covers().replace('\n', "\\n"));
        }
    }
    if found.is_empty() {
        println!("No provider has these words. With one captured delivery, `hookseal infer` finds the scheme.");
    }
    Ok(!found.is_empty())
}

fn print(provider: &Provider) {
    println!("{}", provider.name());
    for scheme in provider.schemes() {
        for line in scheme.headers().lines().chain(scheme.body().lines()) {
            println!("  {}", line.trim());
        }
        println!("  covers: {}", scheme.covers().replace('\n', "\\n"));
        println!("  {} · secret as {}", scheme.digest(), scheme.secret_form());
    }
    match provider.replay_window() {
        Some(seconds) => println!("  a captured request stays valid for up to {seconds} s"),
        None => println!("  a captured request stays valid forever: deduplicate"),
    }
    println!("  source: {} ({:?})", provider.source(), provider.confidence());
}
