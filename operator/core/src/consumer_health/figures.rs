//! Numbers that move all the time, told so that a status that nothing happens to stands still.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// The values of so many looks count.
const LOOKS: usize = 4;
/// How long what was told stays at least.
const STAYS: SignedDuration = SignedDuration::from_secs(60);

/// A number that is told anew only when it differs by much from what was told.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    recent: VecDeque<i64>,
    told: Option<i64>,
    at: Option<Timestamp>,
}

/// Which of the newest values is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Of {
    /// The highest: nothing is told for none that was there a moment ago.
    Highest,
    /// The mean.
    Mean,
}

/// By how much a value must differ from what was told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tolerance {
    /// At all.
    None,
    /// By half.
    Half,
    /// By as much again, or by half of it.
    Double,
}

impl Figure {
    /// A number of which a status tells something already.
    pub fn told(told: Option<i64>) -> Self {
        Self { told, ..Self::default() }
    }

    /// Takes note of a value; what is told from now on. Only whether there is any at all is told exactly, the rest by two digits.
    pub fn note(&mut self, value: i64, of: Of, tolerance: Tolerance, now: Timestamp) -> i64 {
        self.recent.push_back(value);
        if self.recent.len() > LOOKS {
            self.recent.pop_front();
        }
        let value = self.value(of);
        match self.told {
            Some(told) if !differs(told, value, tolerance) => told,
            Some(told) if self.at.is_some_and(|at| now.duration_since(at) < STAYS) => told,
            _ => {
                let told = if tolerance == Tolerance::None { value } else { rounded(value) };
                (self.told, self.at) = (Some(told), Some(now));
                told
            }
        }
    }

    fn value(&self, of: Of) -> i64 {
        match of {
            Of::Highest => self.recent.iter().copied().max().unwrap_or_default(),
            Of::Mean => self.recent.iter().sum::<i64>() / i64::try_from(self.recent.len().max(1)).unwrap_or(1),
        }
    }
}

fn differs(told: i64, value: i64, tolerance: Tolerance) -> bool {
    let (least, most) = (told.min(value), told.max(value));
    match tolerance {
        Tolerance::None => told != value,
        _ if least == 0 => told != value,
        Tolerance::Half => most.saturating_mul(2) > least.saturating_mul(3),
        Tolerance::Double => most > least.saturating_mul(2),
    }
}

/// Two digits of a number.
pub fn rounded(value: i64) -> i64 {
    let mut unit = 1;
    while value / unit >= 100 {
        unit *= 10;
    }
    value / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of values, one each 15 seconds.
    fn told(figure: &mut Figure, of: Of, tolerance: Tolerance, values: &[i64]) -> Vec<i64> {
        let at = |index: usize| Timestamp::from_second(15 * i64::try_from(index).unwrap()).unwrap();
        values.iter().enumerate().map(|(index, value)| figure.note(*value, of, tolerance, at(index))).collect()
    }

    fn jitter(index: usize) -> i64 {
        [1_900, 40, 2_300, 700, 1_200][index % 5]
    }

    #[test]
    fn what_jitters_is_told_once() {
        let values: Vec<_> = (0..100).map(jitter).collect();
        let mut said = told(&mut Figure::default(), Of::Highest, Tolerance::Double, &values);
        said.dedup();
        assert_eq!(said, [1_900]);
        let mut said = told(&mut Figure::default(), Of::Mean, Tolerance::Half, &values[4..]);
        said.dedup();
        assert_eq!(said, [1_200]);
    }

    #[test]
    fn that_there_is_none_any_more_is_told_after_a_minute() {
        let said = told(&mut Figure::default(), Of::Highest, Tolerance::Double, &[500, 0, 0, 0, 0, 7, 7, 7, 7]);
        assert_eq!(said, [500, 500, 500, 500, 0, 0, 0, 0, 7]);
    }

    #[test]
    fn a_change_by_much_is_told_but_not_more_than_once_a_minute() {
        let said =
            told(&mut Figure::default(), Of::Highest, Tolerance::Double, &[100, 150, 1_234, 99_999, 99_999, 99_999]);
        assert_eq!(said, [100, 100, 100, 100, 99_000, 99_000]);
        assert_eq!(
            told(&mut Figure::default(), Of::Highest, Tolerance::None, &[10, 30, 60, 60, 61]),
            [10, 10, 10, 10, 61]
        );
    }

    #[test]
    fn what_a_status_told_stays_after_a_start() {
        assert_eq!(told(&mut Figure::told(Some(1_900)), Of::Highest, Tolerance::Double, &[1_100]), [1_900]);
        assert_eq!(told(&mut Figure::told(Some(0)), Of::Highest, Tolerance::Double, &[5]), [5]);
    }
}
