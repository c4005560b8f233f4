package dev.proctap;

import dev.proctap.internal.Backends;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An audio server, or the audio part of a system, that can be captured from, as it is on this machine.
 *
 * @param name
 *            its name, for example {@code PipeWire}
 * @param problem
 *            why it cannot be captured from, null where it can; then the rest is empty
 * @param libraryVersion
 *            version of the client library, empty where there is none or it has no version
 * @param serverVersion
 *            version of the server, or of the system
 * @param sessionManager
 *            what decides there what plays where, empty where nothing does, or nobody needs to
 * @param sampleRateHz
 *            the rate that it works in, 0 if it does not tell
 * @param cycleFrames
 *            the usual length of its cycles in frames, 0 if it does not tell
 * @param permission
 *            what the user has to permit, and where, empty where nothing
 */
public record AudioSystem(String name, @Nullable ProcTapException problem, String libraryVersion,
        String serverVersion, String sessionManager, int sampleRateHz, int cycleFrames, String permission) {

    /** One that cannot be captured from. */
    public static AudioSystem unusable(String name, ProcTapException problem) {
        return new AudioSystem(name, problem, "", "", "", 0, 0, "");
    }

    /** Whether it can be captured from. */
    public boolean usable() {
        return problem == null;
    }

    /**
     * All that this machine's operating system may have, in the order in which they are tried: a capture uses the first that
     * is usable. Asks each of them, which may take some seconds where one hangs.
     *
     * @throws ProcTapException
     *             if there is none for this operating system
     */
    public static List<AudioSystem> examine() {
        return Backends.examine();
    }
}
