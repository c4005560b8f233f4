package dev.proctap.pipes.http;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How often and how soon a request is sent again.
 *
 * @param attempts
 *            how often it is sent at most
 * @param firstPause
 *            before the second time; each pause is twice the one before, less up to a half by chance, so that many clients do
 *            not come back at once
 * @param longestPause
 *            no pause of ours is longer
 * @param longestRetryAfter
 *            nor is one that the server asks for
 * @param timeout
 *            for each answer
 */
public record RetryPolicy(int attempts, Duration firstPause, Duration longestPause, Duration longestRetryAfter,
        Duration timeout) {

    /** Five times within some ten seconds, half a minute for each answer. */
    public static final RetryPolicy DEFAULTS = new RetryPolicy(5, Duration.ofMillis(500), Duration.ofSeconds(30),
            Duration.ofMinutes(5), Duration.ofSeconds(30));

    /**
     * @throws IllegalArgumentException
     *             if there is no attempt, or the time-out is not positive
     */
    public RetryPolicy {
        if (attempts < 1 || timeout.isZero() || timeout.isNegative()) {
            throw new IllegalArgumentException(attempts + " attempts with a time-out of " + timeout);
        }
    }

    public RetryPolicy withAttempts(int value) {
        return new RetryPolicy(value, firstPause, longestPause, longestRetryAfter, timeout);
    }

    public RetryPolicy withTimeout(Duration value) {
        return new RetryPolicy(attempts, firstPause, longestPause, longestRetryAfter, value);
    }

    public RetryPolicy withFirstPause(Duration value) {
        return new RetryPolicy(attempts, value, longestPause, longestRetryAfter, timeout);
    }

    public RetryPolicy withLongestPause(Duration value) {
        return new RetryPolicy(attempts, firstPause, value, longestRetryAfter, timeout);
    }

    /** The pause after so many attempts, of which the last failed like this. */
    public Duration pause(int attempt, DeliveryException failure) {
        Duration asked = failure.retryAfter();
        if (asked != null) {
            return asked.compareTo(longestRetryAfter) > 0 ? longestRetryAfter : asked;
        }
        double grown = firstPause.toNanos() / 1e6 * Math.pow(2, Math.min(30, attempt - 1));
        double millis = Math.min(grown, longestPause.toNanos() / 1e6);
        return Duration.ofMillis((long) (millis * (1 - ThreadLocalRandom.current().nextDouble() / 2)));
    }
}
