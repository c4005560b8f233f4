package dev.proctap;

import dev.proctap.internal.Backends;
import java.util.List;

/**
 * A microphone, a line-in or another input of the audio server, to be captured with {@link AudioTarget#inputDevice}.
 *
 * @param name
 *            what the server calls it
 * @param description
 *            what people call it
 * @param sampleRateHz
 *            its rate, 0 if the server does not tell
 * @param channels
 *            how many it has, 0 if the server does not tell
 * @param isDefault
 *            whether it is the one that the user has chosen
 */
public record AudioInputDevice(String name, String description, int sampleRateHz, int channels, boolean isDefault) {

    /**
     * All of them, in the server's order.
     *
     * @throws ProcTapException
     *             if there is no audio server, or this system has none that lists devices
     */
    public static List<AudioInputDevice> list() {
        return Backends.listInputDevices();
    }
}
