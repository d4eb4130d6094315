//! Numbers as text. Pure.

use pyaltt_benches::case::Unit;

/// A value with its unit.
pub(crate) fn show(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Nanos => nanos(value),
        Unit::Bytes => bytes(value),
        Unit::Count => significant(value),
        Unit::Rate => rate(value),
        Unit::Whole => thousands(value),
        Unit::Times => times(value),
    }
}

/// A time with its unit and three significant digits.
pub(crate) fn nanos(value: f64) -> String {
    let size = value.abs();
    let (scale, unit) = match size {
        size if size < 999.5 => (1.0, "ns"),
        size if size < 999.5e3 => (1e3, "µs"),
        size if size < 999.5e6 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    format!("{} {unit}", significant(value / scale))
}

pub(crate) fn bytes(value: f64) -> String {
    if value.abs() < 1024.0 {
        format!("{} B", significant(value))
    } else {
        format!("{} KiB", significant(value / 1024.0))
    }
}

pub(crate) fn times(value: f64) -> String {
    format!("{} x", significant(value))
}

/// So many million a second.
pub(crate) fn per_second(rate: f64) -> String {
    format!("{} M/s", significant(rate / 1e6))
}

/// So many a second.
pub(crate) fn each_second(rate: f64) -> String {
    format!("{}/s", thousands(rate))
}

/// A ratio, with more digits the smaller it is.
pub(crate) fn share(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 0.00095 => format!("{ratio:.1e}"),
        ratio if ratio < 0.0995 => format!("{ratio:.4}").trim_end_matches('0').to_owned(),
        ratio => significant(ratio),
    }
}

/// Three significant digits, without trailing zeros.
pub(crate) fn significant(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// Three significant digits, also of a value far below one.
pub(crate) fn rate(value: f64) -> String {
    if value.abs() >= 0.995 || value == 0.0 {
        return significant(value);
    }
    let zeros = (0..9).take_while(|zeros| value.abs() * 10_f64.powi(zeros + 1) < 0.9995).count();
    let text = format!("{value:.digits$}", digits = zeros + 3);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        let shown = [0.0, 0.004, 1.25, 999.0, 999.9, 52_130.0, 1_000_000.0, 51_234_567.0, 2e9].map(nanos);
        assert_eq!(shown, ["0 ns", "0 ns", "1.25 ns", "999 ns", "1 µs", "52.1 µs", "1 ms", "51.2 ms", "2 s"]);
        assert_eq!(
            (nanos(-0.001), nanos(-59_000.0), nanos(100.0)),
            ("0 ns".into(), "-59 µs".into(), "100 ns".into())
        );
    }

    #[test]
    fn rates_keep_three_digits_however_small_they_are() {
        let shown = [0.0, 0.000_122_07, 0.001_953, 0.0156, 0.125, 0.9, 0.9996, 1.793].map(rate);
        assert_eq!(shown, ["0", "0.000122", "0.00195", "0.0156", "0.125", "0.9", "1", "1.79"]);
        assert_eq!(rate(1e-15), "0");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!([0.0, 999.0, 30_000.0, 1_234_567.0].map(thousands), ["0", "999", "30,000", "1,234,567"]);
    }
}
