//! What the user has configured: the provider or scheme, and the secrets.

use std::fs;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use hookseal::provider::{self, Provider};
use hookseal::{Algorithm, Extent, Keyring, PublicKey, Scheme, Secret};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

#[derive(Args)]
pub(crate) struct Configured {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    /// The public URL of the endpoint, for a scheme that covers it
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct Target {
    /// A provider of the catalogue, see `hookseal providers`
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// A scheme of your own, or a provider, in TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) scheme: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct SecretArgs {
    /// The environment variable with the secret
    #[arg(long, value_name = "NAME", conflicts_with = "secret_file")]
    secret_env: Option<String>,
    /// The file with the secret
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Environment variables with your other secrets: perhaps one of them signed it
    #[arg(long, value_name = "NAME")]
    other_env: Vec<String>,
}

impl SecretArgs {
    /// The secret exactly as it is configured, with the line end of its file.
    fn untrimmed(&self) -> Result<Zeroizing<String>, String> {
        if let Some(name) = &self.secret_env {
            return variable(name);
        }
        if let Some(path) = &self.secret_file {
            let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
            return Ok(Zeroizing::new(text));
        }
        if !std::io::stdin().is_terminal() && !std::io::stderr().is_terminal() {
            return Err("no secret: use --secret-env NAME or --secret-file FILE".to_owned());
        }
        rpassword::prompt_password("Secret: ").map(Zeroizing::new).map_err(|error| format!("no secret: {error}"))
    }

    /// The secret without the line end that an editor puts at the end of a file.
    pub(crate) fn text(&self) -> Result<Zeroizing<String>, String> {
        Ok(self.trimmed(&self.untrimmed()?))
    }

    fn trimmed(&self, text: &str) -> Zeroizing<String> {
        let trimmed = text.trim_end_matches(['\n', '\r']);
        Zeroizing::new(if self.secret_file.is_some() { trimmed } else { text }.to_owned())
    }

    fn others(&self) -> Result<Vec<(String, Zeroizing<String>)>, String> {
        self.other_env.iter().map(|name| Ok((name.clone(), variable(name)?))).collect()
    }
}

fn variable(name: &str) -> Result<Zeroizing<String>, String> {
    std::env::var(name)
        .map(Zeroizing::new)
        .map_err(|_| format!("the environment variable `{name}` is not set, or is not UTF-8"))
}

/// The secrets, as a diagnosis and as a verifier want them.
pub(crate) struct Secrets {
    pub(crate) untrimmed: Zeroizing<String>,
    text: Zeroizing<String>,
    pub(crate) others: Vec<(String, Zeroizing<String>)>,
}

impl Secrets {
    /// For a verifier. Where the provider signs with a private key only, the secret is its public key, or a set of them.
    pub(crate) fn keys(&self, provider: &Provider) -> Result<Keyring, String> {
        if provider.schemes().iter().any(|scheme| scheme.algorithm() == Algorithm::Hmac) {
            return self.secret().map(Keyring::from);
        }
        let keys = PublicKey::set(&self.text).and_then(Keyring::from_public_keys);
        keys.or_else(|_| PublicKey::new(&self.text).map(Keyring::from)).map_err(|error| error.to_string())
    }

    /// For a signer.
    pub(crate) fn secret(&self) -> Result<Secret, String> {
        Secret::new(self.text.as_str()).map(Secret::allow_short).map_err(|error| error.to_string())
    }
}

impl Configured {
    /// The provider, with the public URL.
    pub(crate) fn provider(&self) -> Result<Provider, String> {
        let provider = match (&self.target.provider, &self.target.scheme) {
            (Some(name), _) => provider::by_name(name).cloned().ok_or_else(|| unknown(name))?,
            (None, Some(path)) => read_scheme(path)?,
            (None, None) => return Err("which provider? Use --provider NAME or --scheme FILE".to_owned()),
        };
        match &self.public_url {
            Some(url) => provider.with_public_url(url.clone()).map_err(|error| error.to_string()),
            None => Ok(provider),
        }
    }

    /// The secrets. Asks for one if nothing says where it is, so call it once.
    pub(crate) fn secrets(&self) -> Result<Secrets, String> {
        let untrimmed = self.secret.untrimmed()?;
        let text = self.secret.trimmed(&untrimmed);
        Ok(Secrets { untrimmed, text, others: self.secret.others()? })
    }

    /// The provider with a URL, for schemes that need one, and accepted whatever it signs: the command only shows requests.
    pub(crate) fn lenient(&self, url: &str) -> Result<Provider, String> {
        let provider = self.provider()?.accept(Extent::Nothing);
        match self.public_url {
            None => Ok(provider.with_public_url(url.to_owned()).unwrap_or(provider)),
            Some(_) => Ok(provider),
        }
    }
}

fn unknown(name: &str) -> String {
    let alike: Vec<&str> = provider::ALL
        .iter()
        .map(|provider| provider.name())
        .filter(|known| known.contains(name) || name.contains(known) || known.get(..3) == name.get(..3))
        .take(5)
        .collect();
    let hint = if alike.is_empty() { String::new() } else { format!(" Did you mean {}?", alike.join(", ")) };
    format!("`{name}` is not in the catalogue.{hint}")
}

/// A scheme, or a whole provider.
fn read_scheme(path: &PathBuf) -> Result<Provider, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let is_json = text.trim_start().starts_with('{');
    let wrong = |error: String| format!("{}: {error}", path.display());
    if text.contains("schemes") {
        return match is_json {
            true => serde_json::from_str(&text).map_err(|error| wrong(error.to_string())),
            false => toml::from_str(&text).map_err(|error| wrong(error.to_string())),
        };
    }
    let scheme: Scheme = match is_json {
        true => serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?,
        false => toml::from_str(&text).map_err(|error| wrong(error.to_string()))?,
    };
    Provider::new("custom", scheme).map_err(|error| wrong(error.to_string()))
}

/// Unix seconds, or a date of RFC 3339.
pub(crate) fn time(text: &str) -> Result<OffsetDateTime, String> {
    match text.parse::<i64>() {
        Ok(seconds) => OffsetDateTime::from_unix_timestamp(seconds).map_err(|error| error.to_string()),
        Err(_) => OffsetDateTime::parse(text, &Rfc3339).map_err(|error| error.to_string()),
    }
}
