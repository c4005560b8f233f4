package dev.proctap.spi;

import dev.proctap.AudioInputDevice;
import dev.proctap.AudioProcess;
import dev.proctap.AudioSystem;
import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.TapOptions;
import java.util.List;

/** One kind of audio server. Stateless: what is opened is closed by itself. */
public interface CaptureBackend {

    /** Name for error messages and options, for example {@code PipeWire}. */
    String name();

    /** Loads what {@link #open} needs, ahead of time; does nothing that can be noticed. */
    void prepare();

    /**
     * What it is like here.
     *
     * @throws dev.proctap.ProcTapException
     *             if it cannot be captured from
     */
    AudioSystem examine();

    /** Processes with streams for playing, by pid. */
    List<AudioProcess> listProcesses();

    /**
     * Microphones and the like.
     *
     * @throws dev.proctap.ProcTapException
     *             if they are not to be captured here
     */
    default List<AudioInputDevice> listInputDevices() {
        throw noInputDevices(name());
    }

    /** What is told where input devices are not captured. */
    static ProcTapException noInputDevices(String server) {
        return new ProcTapException(ProcTapException.Kind.NOT_SUPPORTED,
                "with " + server + " microphones are captured by javax.sound.sampled, not by a tap");
    }

    /**
     * Opens a capture of {@code target}; returns once the target was found, or at once where waiting was asked for. The
     * sink is called by the threads that call {@link CaptureStream#pump}, one at a time.
     */
    CaptureStream open(AudioTarget target, TapOptions options, CaptureSink sink);
}
