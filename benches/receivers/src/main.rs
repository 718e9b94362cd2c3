//! Requests per second of one server thread, with and without verification. See README.md.

#![forbid(unsafe_code)]

mod client;
mod on_actix;
mod on_axum;
mod requests;
mod server;

use std::error::Error;
use std::time::Duration;

use client::Sample;
use requests::Requests;
use server::Server;

/// What a case does before it answers. Each name is also the path of the route.
const CASES: [&str; 5] = ["bare", "raw", "typed", "once", "peer"];
const BARE: usize = 0;
const PEER: usize = 4;

/// Long enough for connections to be accepted and caches to be warm.
const WARM_UP: Duration = Duration::from_millis(100);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(7), |text| text.parse())?;
    let seconds: f64 = arguments.next().map_or(Ok(1.0), |text| text.parse())?;
    let filter = arguments.next().unwrap_or_default();

    let servers = [("axum", on_axum::start()?), ("actix", on_actix::start()?)];
    server::settle_client()?;
    let mut samples: [[Vec<Sample>; 5]; 2] = Default::default();
    for round in 0..rounds {
        // Signed anew, because a long run would leave the window of five minutes.
        let mut requests = Requests::new(round)?;
        // Neighbours on the machine come and go: all cases take turns in every round.
        for (place, case) in CASES.iter().enumerate() {
            for ((name, server), samples) in servers.iter().zip(&mut samples) {
                if format!("{name} {case}").contains(&filter) {
                    let slice = Duration::from_secs_f64(seconds);
                    samples[place].push(client::load(server, case, &mut requests, WARM_UP, slice)?);
                }
            }
        }
        eprint!("\rround {} of {rounds}", round + 1);
    }
    eprintln!();
    report(&servers, &samples);
    Ok(())
}

fn report(servers: &[(&str, Server); 2], samples: &[[Vec<Sample>; 5]; 2]) {
    println!("| median of | req/s | x bare | x peer | CPU, us/req | x bare | x peer | busy | queued |");
    println!("|{}", "---|".repeat(9));
    for ((name, _), samples) in servers.iter().zip(samples) {
        let rate = |place: usize| median(&samples[place], |sample| sample.requests as f64 / sample.wall);
        let cpu = |place: usize| median(&samples[place], |sample| sample.cpu / sample.requests as f64 * 1e6);
        for (place, case) in CASES.iter().enumerate().filter(|(place, _)| !samples[*place].is_empty()) {
            println!(
                "| {:<12} | {:>8.0} | {:>7.3} | {:>7.3} | {:>8.2} | {:>7.3} | {:>7.3} | {:>5.1}% | {:>6.1}% |",
                format!("{name} {case}"),
                rate(place),
                rate(place) / rate(BARE),
                rate(place) / rate(PEER),
                cpu(place),
                cpu(BARE) / cpu(place),
                cpu(PEER) / cpu(place),
                median(&samples[place], |sample| sample.cpu / sample.wall * 100.0),
                median(&samples[place], |sample| sample.queued / sample.wall * 100.0),
            );
        }
    }
}

/// Not a number if there are no samples.
fn median(samples: &[Sample], figure: impl Fn(&Sample) -> f64) -> f64 {
    let mut figures: Vec<f64> = samples.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() % 2 {
        _ if figures.is_empty() => f64::NAN,
        0 => (figures[middle - 1] + figures[middle]) / 2.0,
        _ => figures[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smoke(server: &Server) {
        let mut requests = Requests::new(0).unwrap();
        for case in CASES {
            // Every response but "processed" with 200 is an error.
            let sample = client::load(server, case, &mut requests, Duration::ZERO, Duration::from_millis(50)).unwrap();
            assert!(sample.requests > 0, "{case}");

            let forged = client::exchange(server, case, &requests.forged()).unwrap();
            let status = if case == "bare" { "HTTP/1.1 200 " } else { "HTTP/1.1 401 " };
            assert!(forged.starts_with(status), "{case}: {forged}");
        }
        let fresh = requests.whole();
        assert!(client::exchange(server, "once", &fresh).unwrap().ends_with("\r\n\r\nprocessed"));
        assert!(client::exchange(server, "once", &fresh).unwrap().ends_with("\r\n\r\nprocessed before"));
    }

    #[test]
    fn axum_answers() {
        smoke(&on_axum::start().unwrap());
    }

    #[test]
    fn actix_answers() {
        smoke(&on_actix::start().unwrap());
    }

    #[test]
    fn bodies_have_the_stated_size() {
        assert_eq!(Requests::new(0).unwrap().body().len(), 1024);
    }
}
