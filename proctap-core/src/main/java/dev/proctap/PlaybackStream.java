package dev.proctap;

/**
 * One stream that a program plays to the audio server.
 *
 * @param id
 *            the server's number for it
 * @param name
 *            what the program calls it, for example the title of a song
 * @param sampleRateHz
 *            its sample rate, or 0 if the server does not tell (an idle stream may have none yet)
 * @param channels
 *            its number of channels, or 0 likewise
 * @param running
 *            whether it plays now; a paused stream does not
 * @param volume
 *            of its loudest channel, as the factor that its samples are multiplied by: 1 where it is not turned down. It
 *            changes what is recorded
 * @param muted
 *            whether it is muted: then silence is recorded
 * @param peak
 *            of its samples when this was asked for, 0 to 1; no number (NaN) where the system does not tell
 */
public record PlaybackStream(long id, String name, int sampleRateHz, int channels, boolean running, double volume,
        boolean muted, double peak) {

    /** One whose peak the system does not tell. */
    public PlaybackStream(long id, String name, int sampleRateHz, int channels, boolean running, double volume,
            boolean muted) {
        this(id, name, sampleRateHz, channels, running, volume, muted, Double.NaN);
    }
}
