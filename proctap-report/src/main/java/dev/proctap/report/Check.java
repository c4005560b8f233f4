package dev.proctap.report;

/**
 * One thing of a machine that decides whether, or how well, a capture works.
 *
 * @param name
 *            what was looked at
 * @param state
 *            how it is
 * @param seen
 *            what was seen
 * @param advice
 *            what to do about it, empty where nothing has to be done
 */
public record Check(String name, State state, String seen, String advice) {

    /** How it is. */
    public enum State {
        /** As it should be. */
        OK,
        /** Worth knowing; captures work all the same. */
        NOTE,
        /** Captures work, and may lose sound, or record another one than is meant. */
        WARNING,
        /** Captures do not work. */
        FAILURE
    }

    static Check ok(String name, String seen) {
        return new Check(name, State.OK, seen, "");
    }

    static Check note(String name, String seen, String advice) {
        return new Check(name, State.NOTE, seen, advice);
    }

    static Check warning(String name, String seen, String advice) {
        return new Check(name, State.WARNING, seen, advice);
    }
}
