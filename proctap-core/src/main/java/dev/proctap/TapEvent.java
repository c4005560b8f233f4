package dev.proctap;

import java.time.Duration;

/** What happens around a capture; told to a {@link TapListener}. */
public sealed interface TapEvent {

    /** A process of the target plays for the first time. */
    record TargetStarted(long pid) implements TapEvent {}

    /** A stream of the target is captured now. */
    record StreamLinked(long id, String program, String streamName) implements TapEvent {}

    /**
     * A track is a program's, or a stream's, from now on; told before any of its sound is there.
     *
     * @param track
     *            from 0
     * @param program
     *            its name
     * @param streamName
     *            the stream's name, empty where all streams of the program go there
     * @param shared
     *            whether it is the last track and has another owner already, because there are more than tracks
     */
    record TrackAssigned(int track, long pid, String program, String streamName, boolean shared) implements TapEvent {}

    /** A stream of the target is no longer captured: it ended. */
    record StreamUnlinked(long id, String program, String streamName) implements TapEvent {}

    /**
     * A stream of the target is muted, or turned up or down, which changes what is recorded; told when it is linked so, and
     * when it changes.
     *
     * @param volume
     *            the factor that the samples of its loudest channel are multiplied by
     */
    record StreamVolume(long id, String program, String streamName, double volume, boolean muted) implements TapEvent {}

    /** A stream of the target is heard although it was to be muted: it, or the session manager, does not let it be moved. */
    record StreamHeard(long id, String program, String streamName) implements TapEvent {}

    /**
     * The system gives silence instead of what the target plays, because the user has not permitted it (macOS).
     *
     * @param advice
     *            what to do, for the user
     */
    record SoundWithheld(String advice) implements TapEvent {}

    /**
     * A process that played has ended with all its descendants. Where it was the last one of the target, and the capture
     * does not follow, it ends when what is queued was delivered.
     */
    record TargetExited(long pid) implements TapEvent {}

    /** The server granted a latency, or changed it. */
    record LatencyGranted(Duration latency) implements TapEvent {}

    /** Frames were lost. */
    record FramesLost(TapStatistics.Loss loss) implements TapEvent {}

    /** The audio server is gone. The capture ends with an error, or goes on later where reconnecting was asked for. */
    record ServerLost(String reason) implements TapEvent {}

    /** The audio server is back and capture goes on. */
    record ServerReconnected() implements TapEvent {}

    /** The user's callback threw; the capture goes on. */
    record CallbackFailed(Throwable cause) implements TapEvent {}
}
