package dev.proctap.internal;

import dev.proctap.ProcTapException;
import dev.proctap.linux.pipewire.PipeWireBackend;
import dev.proctap.spi.CaptureBackend;
import java.util.Locale;

/** Chooses the backend for this machine. */
public final class Backends {

    private Backends() {}

    /**
     * The backend to use.
     *
     * @throws ProcTapException
     *             if this system has none
     */
    public static CaptureBackend choose() {
        String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        if (os.contains("linux")) {
            return new PipeWireBackend();
        }
        throw new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER,
                "capture on " + System.getProperty("os.name") + " is not supported yet; Linux with PipeWire is");
    }
}
