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
 */
public record PlaybackStream(long id, String name, int sampleRateHz, int channels, boolean running, double volume,
        boolean muted) {}
