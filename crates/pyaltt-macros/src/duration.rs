//! Times, as written in options.

use std::time::Duration;

/// Parses a time such as `100ms` or `1.5s`, exact to the nanosecond. `None` if it is not a time above zero.
pub(crate) fn parse_time(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(split);
    let nanos_per_unit: u64 = match unit.trim_start() {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    // `u64` nanoseconds reach beyond 500 years.
    let mut nanos = whole.parse::<u64>().ok()?.checked_mul(nanos_per_unit)?;
    let digits = u32::try_from(fraction.len()).ok()?;
    let parts = u128::from(fraction.parse::<u64>().ok()?) * u128::from(nanos_per_unit);
    let parts_per_nano = 10_u128.checked_pow(digits)?;
    if parts % parts_per_nano != 0 {
        return None;
    }
    nanos = nanos.checked_add(u64::try_from(parts / parts_per_nano).ok()?)?;
    (nanos > 0).then(|| Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_parsed_exactly() {
        for (text, time) in [
            ("100ms", Duration::from_millis(100)),
            ("1.5s", Duration::from_millis(1500)),
            ("10us", Duration::from_micros(10)),
            ("0.25 us", Duration::from_nanos(250)),
            ("2m", Duration::from_secs(120)),
            ("0.1h", Duration::from_secs(360)),
            ("7ns", Duration::from_nanos(7)),
        ] {
            assert_eq!(parse_time(text), Some(time), "{text}");
        }
    }

    #[test]
    fn everything_but_a_time_above_zero_is_refused() {
        for text in [
            "",
            "5",
            "s",
            ".5s",
            "5.s",
            "1.2.3s",
            "0s",
            "0.0ms",
            "-1s",
            "0.5ns",
            "1 day",
            "1e3s",
            "99999999999h",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
