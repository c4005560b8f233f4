package dev.proctap;

import dev.proctap.internal.Backends;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process that has streams for playing on the audio server.
 *
 * @param pid
 *            its process id
 * @param name
 *            its name: the file name of its executable, or what it told the server
 * @param executable
 *            path of its executable, empty if the system does not tell
 * @param started
 *            when it began, null if the system does not tell
 * @param streams
 *            its streams, at least one
 */
public record AudioProcess(long pid, String name, String executable, @Nullable Instant started,
        List<PlaybackStream> streams) {

    public AudioProcess {
        streams = List.copyOf(streams);
    }

    /** Whether any of its streams plays now. */
    public boolean playing() {
        return streams.stream().anyMatch(PlaybackStream::running);
    }

    /**
     * All processes with streams on the user's audio server, by pid.
     *
     * @throws ProcTapException
     *             if there is no audio server, or it is too old
     */
    public static List<AudioProcess> list() {
        return Backends.listProcesses();
    }
}
