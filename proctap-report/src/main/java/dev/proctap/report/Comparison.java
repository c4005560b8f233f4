package dev.proctap.report;

import org.jspecify.annotations.Nullable;

/**
 * The same figures of another way to capture, for a short time.
 *
 * @param name
 *            what was captured, or with what
 * @param kind
 *            which question it answers
 * @param cpuPercent
 *            CPU of it, 100 for one processor; NaN where it was not measured
 * @param memoryMb
 *            its memory, NaN where it was not measured
 * @param startUpMillis
 *            from its start to the first sound, NaN where it was not measured
 * @param dropoutsPerMinute
 *            NaN where it does not tell
 * @param measured
 *            all figures, where it was a tap in this process
 * @param problem
 *            why it could not be measured, empty where it was
 */
public record Comparison(String name, Kind kind, double cpuPercent, double memoryMb, double startUpMillis,
        double dropoutsPerMinute, @Nullable Measured measured, String problem) {

    /** The questions of the form. */
    public enum Kind {
        /** Everything instead of one program. */
        SYSTEM_WIDE,
        /** Other tools. */
        OTHER_TOOL,
        /** Another program as the target: one that plays a tone. */
        OTHER_TARGET
    }

    /** One that was a tap in this process. */
    public static Comparison of(String name, Kind kind, Measured measured) {
        return new Comparison(name, kind, measured.tapCpuPercent(), measured.residentBytes() / 1e6,
                measured.startUpMillis(),
                measured.statistics().dropoutsPerMinute(), measured, "");
    }

    /** One that could not be had. */
    public static Comparison failed(String name, Kind kind, String problem) {
        return new Comparison(name, kind, Double.NaN, Double.NaN, Double.NaN, Double.NaN, null, problem);
    }

    /** Whether the issue was seen here, too, as far as this can tell. */
    boolean shows(Finding finding) {
        Measured here = measured;
        if (here != null) {
            return Diagnosis.of(here).findings().stream().anyMatch(other -> other.issue() == finding.issue());
        }
        return switch (finding.issue()) {
            case CPU -> cpuPercent > Diagnosis.EXPECTED_CPU_PERCENT;
            case MEMORY -> memoryMb > Diagnosis.EXPECTED_MEMORY_MB;
            case START_UP -> startUpMillis > Diagnosis.EXPECTED_START_UP_MILLIS;
            case DROPOUTS -> dropoutsPerMinute > Diagnosis.EXPECTED_DROPOUTS_PER_MINUTE;
            case LATENCY -> false;
        };
    }
}
