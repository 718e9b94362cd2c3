use hookseal::provider::{self, Provider};
use hookseal::{Algorithm, Scheme};
use serde_json::json;

/// The provider of this name, or all whose name or source has every word.
pub(crate) fn run(words: &[String], json: bool) -> Result<bool, String> {
    let has_all = |provider: &&&Provider| {
        let text = format!("{} {}", provider.name(), provider.source()).to_lowercase();
        words.iter().all(|word| text.contains(&word.to_lowercase()))
    };
    let mut found: Vec<&&Provider> = provider::ALL.iter().filter(has_all).collect();
    found.sort_by_key(|provider| provider.name());
    if let Some(same) = found.iter().copied().find(|provider| words == [provider.name()]) {
        found = vec![same];
    }
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

/// What proves that a request is authentic, and the form of the key.
fn proof(scheme: &Scheme) -> String {
    let form = scheme.secret_form();
    match scheme.algorithm() {
        Algorithm::Hmac if scheme.headers().contains("{secret") => format!("the secret itself, as {form}"),
        Algorithm::Hmac if scheme.covers().contains("{secret") => format!("{} · secret as {form}", scheme.digest()),
        Algorithm::Hmac => format!("HMAC of {} · secret as {form}", scheme.digest()),
        algorithm => format!("{algorithm} · verified with the provider's public key"),
    }
}

fn print(provider: &Provider) {
    println!("{}", provider.name());
    for scheme in provider.schemes() {
        for line in scheme.headers().lines().chain(scheme.body().lines()) {
            println!("  {}", line.trim());
        }
        println!("  covers: {}", scheme.covers().replace('\n', "\\n"));
        println!("  {}", proof(scheme));
    }
    match provider.replay_window() {
        Some(seconds) => println!("  a captured request stays valid for up to {seconds} s"),
        None => println!("  a captured request stays valid forever: deduplicate"),
    }
    println!("  source: {} ({:?})", provider.source(), provider.confidence());
}
