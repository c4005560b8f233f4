package dev.proctap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.FakeMacOs;
import dev.proctap.testbed.FakeServer;
import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What most tests of taps do. */
public final class Taps {

    public static final int SECOND = Signal.SAMPLE_RATE_HZ;
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private Taps() {}

    /** Reads until there are {@code frames} more in {@code recording}; positions must be without a hole. */
    static Recording record(ProcessAudioTap tap, Recording recording, int frames) throws InterruptedException {
        int end = recording.frames() + frames;
        while (recording.frames() < end) {
            AudioChunk chunk = tap.read(PATIENCE);
            assertThat(chunk).as("no audio for %s", PATIENCE).isNotNull();
            assertThat(chunk.lostFramesBefore()).as("lost before frame %d", chunk.framePosition()).isZero();
            recording.addFloats(chunk.bytes());
        }
        return recording;
    }

    static Recording record(ProcessAudioTap tap, int frames) throws InterruptedException {
        return record(tap, new Recording(), frames);
    }

    /** Reads until there are {@code frames} more in {@code recording}; what is told as lost becomes silence. */
    static void recordWithLosses(ProcessAudioTap tap, Recording recording, long frames) throws InterruptedException {
        long end = recording.frames() + frames;
        while (recording.frames() < end) {
            recordChunk(tap, recording);
        }
    }

    /** Returns the frames that are told as lost before the chunk, which become silence. */
    private static long recordChunk(ProcessAudioTap tap, Recording recording) throws InterruptedException {
        AudioChunk chunk = tap.read(PATIENCE);
        assertThat(chunk).as("no audio for %s", PATIENCE).isNotNull();
        recording.addSilence((int) chunk.lostFramesBefore());
        recording.addFloats(chunk.bytes());
        return chunk.lostFramesBefore();
    }

    /**
     * Reads until so many frames after the next loss are recorded, and requires that the loss is counted. How long it lasts
     * is the machine's affair: a busy one stands still for a second now and then.
     */
    static void recordPastALoss(ProcessAudioTap tap, Recording recording, long frames) throws InterruptedException {
        long lost = 0;
        while (lost == 0) {
            lost = recordChunk(tap, recording);
        }
        assertThat(tap.statistics().framesLost()).as("frames counted as lost").isGreaterThanOrEqualTo(lost);
        recordWithLosses(tap, recording, frames);
    }

    /** Reads until {@code enough} is true of what was recorded. */
    static Recording recordUntil(ProcessAudioTap tap, Recording recording, Predicate<Recording> enough)
            throws InterruptedException {
        long start = System.nanoTime();
        while (!enough.test(recording)) {
            record(tap, recording, 480);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).as("waiting for a sound in the recording")
                    .isLessThan(Duration.ofSeconds(20));
        }
        return recording;
    }

    /** Plays a file with pw-play and returns when it can be heard. */
    static Program play(AudioServer server, Path wav, String... options) {
        Program player = server.play(wav, options);
        awaitPlaying(player);
        return player;
    }

    /** Waits until the library sees {@code program} or a child of it play. */
    static void awaitPlaying(Program program) {
        Await.until(() -> program + " does not play: " + program.output(), Duration.ofSeconds(20),
                () -> AudioProcess.list().stream().filter(AudioProcess::playing)
                        .anyMatch(process -> isOf(program.handle(), process.pid())));
    }

    private static boolean isOf(ProcessHandle root, long pid) {
        return root.pid() == pid || root.descendants().anyMatch(child -> child.pid() == pid);
    }

    /** Ends a test that asks for something that Windows and macOS cannot do, or their fakes. */
    static void assumeNotFake(AudioServer server, String reason) {
        assumeFalse(server instanceof FakeServer, reason);
    }

    /** Ends a test that asks for something that macOS does not know. */
    static void assumeNotMacOs(AudioServer server, String reason) {
        assumeFalse(server instanceof FakeMacOs, reason);
    }

    static void assertExact(Recording.Match match) {
        assertThat(match).as("bit-exact").matches(Recording.Match::isExact);
    }

    /** Tells what something cost that a tap survived. */
    static void printLoss(String what, ProcessAudioTap tap) {
        TapStatistics statistics = tap.statistics();
        System.out.println("survived: " + what + ": " + statistics.framesLost() + " frames lost of "
                + (statistics.framesCaptured() + statistics.framesLost())
                + statistics.losses().stream().map(loss -> ", " + loss.frames() + " " + loss.cause()).distinct()
                        .limit(5).collect(Collectors.joining()));
    }

    /** Keeps the events of a tap. */
    static final class Events implements TapListener {

        private final Queue<TapEvent> seen = new ConcurrentLinkedQueue<>();

        @Override
        public void onEvent(TapEvent event) {
            seen.add(event);
        }

        <T extends TapEvent> List<T> of(Class<T> kind) {
            return seen.stream().filter(kind::isInstance).map(kind::cast).toList();
        }

        void await(Class<? extends TapEvent> kind, int count) {
            Await.until(() -> count + " times " + kind.getSimpleName() + " in " + seen, PATIENCE,
                    () -> of(kind).size() >= count);
        }
    }
}
