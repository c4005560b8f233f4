package dev.proctap;

/**
 * Whose sound is captured: a rule, evaluated again whenever a program opens or closes a stream, never a stream that was
 * chosen once.
 */
public sealed interface AudioTarget {

    /**
     * One process by its pid.
     *
     * @param pid
     *            the process id as the operating system shows it
     * @param descendants
     *            whether its children and their children count too, also those that start later
     */
    record OfProcess(long pid, boolean descendants) implements AudioTarget {

        /**
         * @throws IllegalArgumentException
         *             if {@code pid} is not positive
         */
        public OfProcess {
            if (pid <= 0) {
                throw new IllegalArgumentException("a pid is a positive number, not " + pid);
            }
        }
    }

    /** The process {@code pid} with all its descendants: what a user means by a program, browsers included. */
    static AudioTarget pid(long pid) {
        return new OfProcess(pid, true);
    }

    /** The process {@code pid} alone. */
    static AudioTarget pidOnly(long pid) {
        return new OfProcess(pid, false);
    }
}
