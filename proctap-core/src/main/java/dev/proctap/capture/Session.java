package dev.proctap.capture;

import dev.proctap.selection.Player;
import dev.proctap.selection.ProcessTree;

/**
 * What one program plays on one device, as the system tells it.
 *
 * @param id
 *            of this session among all there ever were
 * @param pid
 *            its process
 * @param name
 *            what the program calls it, empty where it calls it nothing
 * @param applicationId
 *            of the program, empty where the system knows none
 * @param active
 *            whether a stream of it runs
 * @param volume
 *            as a factor
 * @param peak
 *            of the samples at this moment, 0 to 1; no number (NaN) where the system does not tell
 */
public record Session(String id, long pid, String name, String applicationId, boolean active, double volume,
        boolean muted, double peak) {

    /** A number that is the same while the session lives. */
    public long number() {
        return Integer.toUnsignedLong(id.hashCode());
    }

    public Player player() {
        return new Player(pid, name.isEmpty() ? ProcessTree.name(pid) : name, applicationId);
    }
}
