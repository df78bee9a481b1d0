//! Pauses between the tries of a change that meets concurrent changes.

use std::time::Duration;

use aws::randomness::Randomness;

/// Maximum number of tries of a change. All pauses together take at most 5 seconds of a request's 29.
pub const TRIES: u32 = 20;
/// Longest pause before the second try, in milliseconds: about the time of one write. It doubles with each try.
const FIRST_PAUSE: u64 = 5;
/// Longest pause between two tries, in milliseconds.
const LONGEST_PAUSE: u64 = 320;

/// Waits before a change is computed again. The pause is drawn between zero and its longest, so that requests
/// that collided once do not collide again.
pub async fn pause(randomness: &Randomness, try_number: u32) {
    if try_number > 0 {
        tokio::time::sleep(drawn(randomness.bits(), try_number)).await;
    }
}

fn drawn(random: [u8; 10], try_number: u32) -> Duration {
    let longest = (FIRST_PAUSE << (try_number - 1).min(10)).min(LONGEST_PAUSE);
    let [.., high, low] = random;
    let part = f64::from(u16::from_be_bytes([high, low])) / f64::from(u16::MAX);
    Duration::from_millis(longest).mul_f64(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_drawn_from_zero_to_a_longest_one_that_grows() {
        for (try_number, longest) in [(1, 5), (2, 10), (4, 40), (7, 320), (8, 320), (TRIES, 320)] {
            assert_eq!(drawn([0; 10], try_number), Duration::ZERO);
            assert_eq!(drawn([255; 10], try_number), Duration::from_millis(longest));
        }
        let all: Duration = (1..TRIES).map(|it| drawn([255; 10], it)).sum();
        assert!(all < Duration::from_secs(5), "{all:?}");
    }

    #[test]
    fn pauses_after_the_same_collision_differ() {
        let pauses = [(); 100].map(|()| drawn(Randomness::System.bits(), 5));
        let [shortest, longest] = [pauses.iter().min(), pauses.iter().max()].map(Option::unwrap);
        assert!(
            *longest > *shortest + Duration::from_millis(20),
            "{pauses:?}"
        );
    }
}
