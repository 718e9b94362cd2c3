//! The command `hookseal`: verify, sign, send and diagnose webhooks.

mod capture;
mod configured;
mod diagnose;
mod infer;
mod lines;
mod listen;
mod providers;
mod sent;
mod shown;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use configured::Configured;

/// Verify, sign, send and diagnose webhooks.
///
/// Secrets come from an environment variable, a file or a prompt, never from an argument: arguments end up in the list of
/// processes and in the history of the shell.
#[derive(Parser)]
#[command(name = "hookseal", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  accepted, found, or done
  1  refused, not found, or answered with another status than 2xx
  2  wrong arguments, or something that cannot be read

Captures:
  raw HTTP, curl, HAR, ngrok, webhook.site, events of AWS Lambda, lines of JSON; `-` is standard input";

#[derive(Subcommand)]
enum Command {
    /// Say why a captured request is refused
    #[command(after_help = EXIT_CODES)]
    Diagnose {
        #[command(flatten)]
        configured: Configured,
        #[command(flatten)]
        capture: CaptureArgs,
        /// Leave the bytes of the body out of the report
        #[arg(long)]
        no_excerpts: bool,
        /// One JSON object a line on standard input, one a line on standard output
        #[arg(long, conflicts_with_all = ["capture", "provider", "scheme"])]
        json_lines: bool,
    },
    /// Find the scheme of a delivery whose provider documents none
    #[command(after_help = EXIT_CODES)]
    Infer {
        #[command(flatten)]
        secret: configured::SecretArgs,
        /// One delivery, or several files of the same sender
        #[arg(required_unless_present = "json_lines")]
        captures: Vec<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// One JSON object a line on standard input, one a line on standard output
        #[arg(long, conflicts_with = "captures")]
        json_lines: bool,
    },
    /// Verify a captured request
    #[command(after_help = EXIT_CODES)]
    Verify {
        #[command(flatten)]
        configured: Configured,
        #[command(flatten)]
        capture: CaptureArgs,
    },
    /// Print the headers that sign a body
    #[command(after_help = EXIT_CODES)]
    Sign {
        #[command(flatten)]
        configured: Configured,
        #[command(flatten)]
        message: sent::Message,
        /// The URL, for a scheme that covers it
        #[arg(long, default_value = "https://example.com/")]
        url: String,
    },
    /// Send a signed delivery to an endpoint
    #[command(after_help = EXIT_CODES)]
    Send {
        #[command(flatten)]
        configured: Configured,
        #[command(flatten)]
        message: sent::Message,
        /// The endpoint
        url: String,
    },
    /// Search the catalogue of providers
    Providers {
        /// Words in the name or in the source
        words: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Receive deliveries, and print each one verified or diagnosed
    Listen {
        #[command(flatten)]
        configured: Configured,
        /// The address to listen on
        #[arg(long, default_value = "127.0.0.1:8787")]
        address: String,
        /// Append each delivery to a file, as a line of JSON
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Stop after so many deliveries
        #[arg(long, value_name = "COUNT")]
        count: Option<u64>,
    },
}

#[derive(Args)]
struct CaptureArgs {
    /// The captured request
    #[arg(default_value = "-")]
    capture: PathBuf,
    /// When it was received: Unix seconds, or a date of RFC 3339 (otherwise as the capture says, or now)
    #[arg(long, value_name = "TIME", value_parser = configured::time)]
    at: Option<time::OffsetDateTime>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Diagnose { json_lines: true, .. } => {
            lines::answer(lines::diagnose).map(|()| true).map_err(|e| e.to_string())
        }
        Command::Infer { json_lines: true, .. } => {
            lines::answer(lines::infer).map(|()| true).map_err(|e| e.to_string())
        }
        Command::Diagnose { configured, capture, no_excerpts, .. } => {
            diagnose::run(&configured, &capture.capture, capture.at, capture.json, no_excerpts)
        }
        Command::Infer { secret, captures, json, .. } => infer::run(&secret, &captures, json),
        Command::Verify { configured, capture } => verify::run(&configured, &capture.capture, capture.at, capture.json),
        Command::Sign { configured, message, url } => sent::sign(&configured, &message, &url),
        Command::Send { configured, message, url } => sent::send(&configured, &message, &url),
        Command::Providers { words, json } => providers::run(&words, json),
        Command::Listen { configured, address, save, json, count } => {
            listen::run(&configured, &address, save.as_deref(), json, count)
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            shown::error(&error);
            ExitCode::from(2)
        }
    }
}
